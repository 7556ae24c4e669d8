/** What the decision is made from: headers as received, undefined where absent. */
export interface CrossSiteRequest {
  readonly method: string;
  readonly secFetchSite: string | undefined;
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** Other origins that may send changes; made with {@link createOriginSet}. */
  readonly allowedOrigins: ReadonlySet<string>;
  /** How the caller reached the site, if that is known: then an `http:` page cannot act on the `https:` site of the same name. */
  readonly scheme?: "http" | "https" | undefined;
}

/**
 * Whether a request may pass as far as cross-site request forgery goes. Decides by what browsers say themselves, with no token:
 *
 * | method | Sec-Fetch-Site | Origin | |
 * | --- | --- | --- | --- |
 * | GET, HEAD, OPTIONS | any | any | passes |
 * | other | `same-origin`, `none` | any | passes |
 * | other | anything else | in the list | passes |
 * | other | anything else | other, `null`, absent | refused |
 * | other | absent | absent | passes: no browser |
 * | other | absent | of this host and port, or in the list | passes |
 * | other | absent | other, `null` | refused |
 *
 * An empty header is not an absent one. Sources: https://words.filippo.io/csrf, Go's `http.CrossOriginProtection`; and unlike it
 * there are no bypass patterns over paths (CVE-2025-47910).
 *
 * @example
 * isCrossSiteAllowed({
 *   method: "POST", secFetchSite: "cross-site", origin: "https://evil.example", host: "example.com", allowedOrigins: new Set(),
 * }); // false
 */
export function isCrossSiteAllowed(request: CrossSiteRequest): boolean {
  const { method, secFetchSite, origin } = request;
  if (method === "GET" || method === "HEAD" || method === "OPTIONS") return true;
  if (secFetchSite === "same-origin" || secFetchSite === "none") return true;
  if (origin !== undefined && origin !== "null" && request.allowedOrigins.has(origin)) return true;
  if (secFetchSite !== undefined) return false;
  return origin === undefined || isOriginOfHost(origin, request);
}

/** Whether an origin is the host itself: host and port exactly, the default port of its scheme written or not. */
function isOriginOfHost(origin: string, { host, scheme }: CrossSiteRequest): boolean {
  const secure = origin.startsWith("https://");
  if (!secure && !origin.startsWith("http://")) return false;
  if (scheme !== undefined && scheme !== (secure ? "https" : "http")) return false;
  const authority = origin.slice(secure ? 8 : 7);
  if (authority === "") return false;
  return host === authority || host === `${authority}:${secure ? 443 : 80}`;
}
