import { createOriginSet, isCrossSiteAllowed } from "../../../security/mod.ts";
import { errors } from "../../errors.ts";
import type { LiveExchange, Step } from "../exchange.ts";

// RFC 6455, sections 4.1 and 4.2.1.
const VERSION = "13";
// RFC 9110, section 7.8: whoever sends Upgrade names it in Connection.
const UPGRADE = { upgrade: "websocket", connection: "upgrade, close" };
const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** Refuses what is no WebSocket handshake, or comes from a page that may not connect. */
export function compileHandshake(origins: "*" | readonly string[]): Step {
  const refuseOrigin = compileOriginRefusal(origins);
  return (exchange) => {
    const { headers } = exchange.request;
    if (exchange.transport.upgrade === undefined) throw errors.UPGRADE_REQUIRED({}, { headers: UPGRADE });
    if (headers["sec-websocket-version"] !== VERSION)
      throw errors.UPGRADE_REQUIRED({}, { headers: { ...UPGRADE, "sec-websocket-version": VERSION } });
    if (!KEY.test(headers["sec-websocket-key"] ?? "")) throw errors.HANDSHAKE_INVALID({ reason: "Sec-WebSocket-Key is no key" });
    refuseOrigin(exchange);
  };
}

/**
 * A page can open a WebSocket to any host, with the visitor's cookies, and no browser asks CORS about it: what its `Origin` may be is all
 * that stands between (lesson: CVE-2025-24010).
 */
function compileOriginRefusal(origins: "*" | readonly string[]): (exchange: LiveExchange) => void {
  const anySite = origins === "*";
  const allowedOrigins = createOriginSet(anySite ? [] : origins);
  return (exchange) => {
    const { headers, host, scheme } = exchange.request;
    if (anySite && headers["cookie"] === undefined) return;
    const allowed = isCrossSiteAllowed({
      method: "CONNECT", // it changes something, for all that its method is GET
      secFetchSite: headers["sec-fetch-site"],
      origin: headers["origin"],
      host,
      // That a site is reached by plain HTTP cannot be known: a proxy that nobody named as trusted may have ended TLS.
      scheme: scheme === "https" ? "https" : undefined,
      allowedOrigins,
    });
    if (!allowed) throw errors.ORIGIN_REFUSED({});
  };
}
