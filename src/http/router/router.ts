import FindMyWay from "find-my-way";

/** A path that matched. `params` has no prototype. */
export interface Match<Target> {
  readonly target: Target;
  readonly params: Readonly<Record<string, string>>;
}

export const NO_PARAMS: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

/** Says that a path has a percent sign that starts no valid escape. */
export const MALFORMED: unique symbol = Symbol("malformed path");

// No segment is near this long under the 8 KB limit of the request target.
const MAX_PARAMETER_LENGTH = 8_192;

/** Finds the target of a method, a path and a host. */
export interface RouteTable<Target> {
  /** @param path without the query */
  find(method: string, path: string, host: string): Match<Target> | typeof MALFORMED | undefined;
  /** Methods that this path answers on this host, in the order of `methods`. */
  methodsOf(path: string, methods: readonly string[], host: string): string[];
}

/**
 * Finds the target of a method and path, whatever the host. The path is decoded once, by the matcher, and guards hang on what matched: no other
 * spelling of a path leads around them (lesson: CVE-2026-22031).
 */
export class Router<Target extends object> implements RouteTable<Target> {
  // perf: a path without parameters is one Map look-up, 27 ns against 246 in the tree (November 2026).
  readonly #exact = new Map<string, Map<string, Match<Target>>>();
  readonly #tree: FindMyWay.Instance<FindMyWay.HTTPVersion.V1>;

  constructor() {
    this.#tree = FindMyWay({
      caseSensitive: true,
      maxParamLength: MAX_PARAMETER_LENGTH,
      querystringParser: () => undefined as never,
      onBadUrl: onMalformedPath,
    });
  }

  /** @throws when the matcher refuses the path, an unsafe regular expression for instance */
  add(method: string, path: string, target: Target): void {
    this.#tree.on(method as FindMyWay.HTTPMethod, path, unreachable, target);
    if (path.includes(":") || path.endsWith("*")) return;
    let paths = this.#exact.get(method);
    if (paths === undefined) this.#exact.set(method, (paths = new Map<string, Match<Target>>()));
    paths.set(path, { target, params: NO_PARAMS });
  }

  find(method: string, path: string): Match<Target> | typeof MALFORMED | undefined {
    const exact = this.#exact.get(method)?.get(path);
    return exact ?? this.findInTree(method, path);
  }

  /** As {@link Router.find} without its shortcut: what the shortcut is tested against. */
  findInTree(method: string, path: string): Match<Target> | typeof MALFORMED | undefined {
    const found = this.#tree.find(method as FindMyWay.HTTPMethod, path);
    if (found === null) return undefined;
    if (found.store === null || found.store === undefined) return MALFORMED;
    const params = found.params as Record<string, string>;
    // Only an empty segment gives an empty parameter, and `/orders/` is not the order with no id.
    if ((path.endsWith("/") || path.includes("//")) && hasEmptyParameter(params)) return undefined;
    return { target: found.store as Target, params };
  }

  methodsOf(path: string, methods: readonly string[]): string[] {
    return methods.filter((method) => typeof this.find(method, path) === "object");
  }
}

function hasEmptyParameter(params: Readonly<Record<string, string>>): boolean {
  for (const name in params) if (params[name] === "" && name !== "*") return true;
  return false;
}

function onMalformedPath(): void {
  unreachable();
}

// find() hands back what was stored; the handlers that the library asks for are never called.
function unreachable(): never {
  throw new Error("the router's own handlers are never called");
}
