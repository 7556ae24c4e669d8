import { parseDuration, parseSize } from "../core/mod.ts";
import type { ReplayRoute, ReplayRule, Replayer } from "../http/mod.ts";
import { errors } from "./errors.ts";
import { ResponseCache } from "./responses/response-cache.ts";
import type { ResponseCacheOptions } from "./responses/response-cache-options.ts";

export type { ResponseCacheOptions } from "./responses/response-cache-options.ts";

/**
 * Keeps the answers of a GET route in a cache (RFC 9111): one handler runs for all who ask for the same at one time, in whatever thread or
 * machine; answers carry an `ETag`, by which callers are answered 304, an `Age`, and a `Cache-Status` (RFC 9211).
 *
 * Never kept: anything but 200 (and 404, if `negative` says so), answers with `Set-Cookie`, with a `Cache-Control` that forbids it or cannot be
 * understood, that have expired, whose handler says `Vary` on what is not in `vary`, or a `Content-Encoding` where `accept-encoding` is not,
 * streams, files, pages with a nonce.
 *
 * @throws E_CORE_DURATION_INVALID, E_CORE_SIZE_INVALID; at boot E_CACHE_RESPONSE_INVALID
 * @example
 * const products = cacheResponse({ cache, ttl: "1m", grace: "1h", by: "public", tags: ["products"] });
 * route.get("/products", { auth: "public", cache: products }, () => listProducts(db));
 * await cache.invalidateTags(["products"]);
 */
export function cacheResponse(options: ResponseCacheOptions): ReplayRule {
  const { ttl, grace = "0ms", negative, maxAnswer = "1mb" } = options;
  for (const time of [ttl, grace, negative ?? grace]) parseDuration(time);
  return Object.freeze<ReplayRule>({
    name: "cache",
    methods: ["GET"],
    digest: false,
    tagged: true,
    maxBytes: parseSize(maxAnswer),
    open(route, { clock }): Replayer {
      checkRoute(options, route);
      const responses = new ResponseCache(options, route, clock);
      return (call) => responses.decide(call);
    },
  });
}

/** @throws E_CACHE_RESPONSE_INVALID */
function checkRoute({ by, vary = [], sameForAll = false }: ResponseCacheOptions, { method, path, auth }: ReplayRoute): void {
  const refuse = (reason: string): never => {
    throw errors.RESPONSE_INVALID({ route: `${method} ${path}`, reason });
  };
  if (by !== "public" && by !== "principal") refuse('`by` must be "public" or "principal"');
  if (by === "principal" && auth === "public")
    refuse('it is public, so there is no principal to keep them `by`; say `by: "public"`');
  if (by === "public" && auth !== "public" && !sameForAll)
    refuse(
      'it has a guard, so one caller could be given what is another\'s; say `by: "principal"`, or `sameForAll: true` where that cannot be',
    );
  if (vary.some((name) => !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || name === "*")) refuse("`vary` must name request headers");
}
