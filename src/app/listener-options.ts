import { isHostPattern } from "../core/mod.ts";
import type { AllowedHostsOptions, HttpServerOptions } from "../http/mod.ts";
import type { BaseConfig } from "./contract.ts";

/** What the configuration says of the public server's connections. */
export function publicServerOptions({ trustedProxies, proxyHeaders }: BaseConfig): Pick<HttpServerOptions, "proxies"> {
  return { proxies: { trusted: trustedProxies, headers: proxyHeaders } };
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
