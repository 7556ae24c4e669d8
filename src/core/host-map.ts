import { isIPv6 } from "node:net";
import { errors } from "./errors.ts";

const LABEL = String.raw`[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?`;
const NAME = new RegExp(String.raw`^${LABEL}(?:\.${LABEL})*$`);
const MAX_NAME = 253;

/**
 * The host of a `Host` value: without its port and trailing dot, in lower case. Says nothing of whether the value is valid.
 *
 * @example
 * hostnameOf("API.Example.com.:8443"); // "api.example.com"
 */
export function hostnameOf(host: string): string {
  const end = host.startsWith("[") ? host.indexOf("]") + 1 : host.indexOf(":");
  const name = end > 0 ? host.slice(0, end) : host;
  return (name.endsWith(".") ? name.slice(0, -1) : name).toLowerCase();
}

/**
 * Whether a text may stand in a host map: a name (`api.example.com`), every name under one (`*.example.com`, which is not
 * `example.com` itself), or an address (`192.0.2.1`, `[2001:db8::1]`). Without port, in any case.
 */
export function isHostPattern(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower.startsWith("[")) return lower.endsWith("]") && isIPv6(lower.slice(1, -1));
  const name = lower.startsWith("*.") ? lower.slice(2) : lower;
  return name.length <= MAX_NAME && NAME.test(name);
}

/** Values by host pattern. An exact name comes before a wildcard, a longer wildcard before a shorter one. */
export class HostMap<Value> {
  readonly #exact = new Map<string, Value>();
  /** By what follows the star: `.example.com`. */
  readonly #wildcards = new Map<string, Value>();

  /** @throws E_CORE_HOST_INVALID */
  set(pattern: string, value: Value): void {
    if (!isHostPattern(pattern)) throw errors.HOST_INVALID({ text: pattern });
    const lower = pattern.toLowerCase();
    if (lower.startsWith("*.")) this.#wildcards.set(lower.slice(1), value);
    else this.#exact.set(lower, value);
  }

  /** The value of exactly this pattern. */
  get(pattern: string): Value | undefined {
    const lower = pattern.toLowerCase();
    return lower.startsWith("*.") ? this.#wildcards.get(lower.slice(1)) : this.#exact.get(lower);
  }

  /**
   * Values whose pattern matches, the closest first.
   *
   * @param hostname as {@link hostnameOf} gives it
   */
  find(hostname: string): readonly Value[] {
    const found: Value[] = [];
    const exact = this.#exact.get(hostname);
    if (exact !== undefined) found.push(exact);
    if (this.#wildcards.size === 0) return found;
    for (let dot = hostname.indexOf(".", 1); dot !== -1; dot = hostname.indexOf(".", dot + 1)) {
      const value = this.#wildcards.get(hostname.slice(dot));
      if (value !== undefined) found.push(value);
    }
    return found;
  }
}
