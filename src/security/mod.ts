export { type MediaType, parseMediaType } from "./media-type.ts";
export { parseCookies } from "./cookie.ts";
export { type Cors, type CorsDecision, type CorsOptions, type CorsRefusal, type CorsRequest, createCors } from "./cors.ts";
export { type CrossSiteRequest, isCrossSiteAllowed } from "./cross-site.ts";
export { type CspDirectiveName } from "./csp-directive.ts";
export { type Csp, type CspDirectives, type CspOptions, PAGE_DIRECTIVES, createCsp } from "./csp.ts";
export { errors } from "./errors.ts";
export { type Html, type HtmlValue, escapeHtml, html } from "./escape.ts";
export {
  type ForwardedOptions,
  type ForwardedOrigin,
  type ForwardedReader,
  type ProxyHeaderMap,
  type ProxyHeaders,
  createForwardedReader,
} from "./forwarded.ts";
export { type FramingFault } from "./framing-fault.ts";
export { type FramedRequest, findFramingFault } from "./framing.ts";
export { type SecurityHeaderName, type SecurityHeadersOptions, securityHeaders } from "./headers.ts";
export { checkHost } from "./host.ts";
export { type KeyBytes, type KeyRing, createKeyRing } from "./keys.ts";
export { createNonce } from "./nonce.ts";
export { createOriginSet, normalizeOrigin } from "./origin.ts";
export { SNIFF_BYTES, isSniffable, sniffMediaType } from "./sniff.ts";
export { isForbiddenTrailer } from "./trailer.ts";
export { isSameSecret } from "./same-secret.ts";
