import { isHostPattern } from "../core/mod.ts";
import {
  type AllowedHostsOptions,
  type Certificate,
  type HttpServerOptions,
  type ListenOptions,
  type SecurityHeadersOptions,
  socketPathOf,
} from "../http/mod.ts";
import type { BaseConfig } from "./contract.ts";

/** What the configuration says of the public server's connections. */
export function publicServerOptions(
  { trustedProxies, proxyHeaders }: BaseConfig,
  certificate: Certificate | undefined,
): Pick<HttpServerOptions, "proxies" | "certificate"> {
  const proxies = { trusted: trustedProxies, headers: proxyHeaders };
  return certificate === undefined ? { proxies } : { proxies, certificate };
}

/** Systems whose kernel shares the connections of one port out among listeners. */
const SHARES_PORTS: ReadonlySet<string> = new Set(["linux", "freebsd", "dragonfly", "sunos", "aix"]);

/** Whether several may listen there: no kernel shares out what comes to a Unix socket. */
export function isShared(host: string): boolean {
  return SHARES_PORTS.has(process.platform) && socketPathOf(host) === undefined;
}

/** Where the public server listens. */
export function listenOptions({ host, socketMode }: BaseConfig, port: number): ListenOptions {
  return { host, port, socketMode: Number.parseInt(socketMode, 8), reusePort: isShared(host) };
}

/** Security headers for an app: with a certificate nothing but HTTPS is served, so browsers are told to use nothing else. */
export function publicSecurityHeaders(
  { tlsCertFile, environment }: Partial<BaseConfig>,
  declared: SecurityHeadersOptions = {},
): SecurityHeadersOptions {
  // A browser that has once heard it from localhost would refuse every other program there.
  return { https: tlsCertFile !== undefined && environment !== "development", ...declared };
}

/** Hosts that the public server answers for; every host where none is named. */
export function publicHosts({ allowedHosts = [] }: Partial<BaseConfig>): { readonly allowedHosts?: AllowedHostsOptions } {
  return allowedHosts.length === 0 ? {} : { allowedHosts: { names: allowedHosts } };
}

/**
 * Hosts that the admin server answers for. Health checks and scrapers call an address; a name must be known, so that no web page can
 * reach the server by pointing its own name at it (DNS rebinding).
 */
export function adminHosts({ adminHost, adminAllowedHosts }: BaseConfig): AllowedHostsOptions {
  const own = isHostPattern(adminHost) ? [adminHost] : [];
  return { addresses: true, names: ["localhost", "*.localhost", ...own, ...adminAllowedHosts] };
}
