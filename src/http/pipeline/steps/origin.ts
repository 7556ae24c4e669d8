import { type Cors, type CorsOptions, createOriginSet, isCrossSiteAllowed } from "../../../security/mod.ts";
import type { RouteContract } from "../../contract.ts";
import { errors } from "../../errors.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/** Grants other origins what the route's CORS rules say, and refuses changes that a browser sends from elsewhere. */
export function compileOrigin(method: string, contract: RouteContract, cors: Cors | null): Step | null {
  const grant = cors === null ? null : compileGrant(method, cors);
  const refuse = method === "GET" || contract.csrf === "none" ? null : compileRefusal(contract.cors);
  if (grant === null || refuse === null) return grant ?? refuse;
  return (exchange) => {
    grant(exchange);
    refuse(exchange);
  };
}

function compileGrant(method: string, cors: Cors): (exchange: LiveExchange) => void {
  const allowedMethods = [method];
  return (exchange) => {
    const { headers } = cors.decide({ origin: exchange.request.headers["origin"], allowedMethods });
    for (const item of headers) exchange.extraHeaders.push(item);
  };
}

function compileRefusal(cors: CorsOptions | "none" | undefined): (exchange: LiveExchange) => void {
  const origins = cors === undefined || cors === "none" ? [] : cors.origins;
  const anySite = origins === "*";
  const allowedOrigins = createOriginSet(anySite ? [] : origins);
  return (exchange) => {
    const { headers, method, host } = exchange.request;
    const secFetchSite = headers["sec-fetch-site"];
    const origin = headers["origin"];
    // perf: a caller that is no browser sends neither.
    if (secFetchSite === undefined && origin === undefined) return;
    // Any site may call, but not with its visitor's cookies: a form sends them without asking CORS.
    if (anySite && headers["cookie"] === undefined) return;
    // That a site is reached by plain HTTP cannot be known: a proxy that nobody named as trusted may have ended TLS.
    const scheme = exchange.request.scheme === "https" ? "https" : undefined;
    if (!isCrossSiteAllowed({ method, secFetchSite, origin, host, scheme, allowedOrigins })) throw errors.ORIGIN_REFUSED({});
  };
}
