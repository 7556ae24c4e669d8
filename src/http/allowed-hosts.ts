import { isIP } from "node:net";
import { HostMap, hostnameOf } from "../core/mod.ts";

/** Hosts that a server answers for. */
export interface AllowedHostsOptions {
  /** Names, `*.` names and addresses, without ports. */
  readonly names: readonly string[];
  /**
   * Whether any address, and no host at all, will do besides. A web page that points its own name at this server (DNS rebinding) always
   * sends that name, while health checks and scrapers call addresses. Default false.
   */
  readonly addresses?: boolean;
}

/**
 * Says whether a server answers for a host (RFC 9110, section 7.4).
 *
 * @throws E_CORE_HOST_INVALID
 */
export function createAllowedHosts({ names, addresses = false }: AllowedHostsOptions): (host: string) => boolean {
  const map = new HostMap<true>();
  for (const name of names) map.set(name, true);
  // perf: most requests of a server name the same host.
  let lastAllowed: string | undefined;
  return (host) => {
    if (host === lastAllowed) return true;
    const hostname = hostnameOf(host);
    if (map.find(hostname).length === 0 && !(addresses && isAddress(hostname))) return false;
    lastAllowed = host;
    return true;
  };
}

function isAddress(hostname: string): boolean {
  return hostname === "" || isIP(hostname.startsWith("[") ? hostname.slice(1, -1) : hostname) !== 0;
}
