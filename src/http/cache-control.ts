import { type Duration, parseDuration } from "../core/mod.ts";

/** How long, and by whom, an answer may be kept. */
export interface CacheOptions {
  /** How long it counts as fresh. Default `"0s"`: it may be kept, and is asked about each time. */
  readonly maxAge?: Duration;
  /** Whether caches between us and the caller may keep it, for everybody. Only for what every caller may see. Default false. */
  readonly shared?: boolean;
  /** It never changes under this address: do not even ask (RFC 8246). Default false. */
  readonly immutable?: boolean;
}

/** A `Cache-Control` (RFC 9111, section 5.2.2). @throws E_CORE_DURATION_INVALID */
export function cacheControl({ maxAge = "0s", shared = false, immutable = false }: CacheOptions = {}): string {
  const seconds = Math.floor(parseDuration(maxAge) / 1_000);
  const scope = shared ? "public" : "private";
  return seconds === 0 ? `${scope}, no-cache` : `${scope}, max-age=${seconds}${immutable ? ", immutable" : ""}`;
}
