import type { Duration, Size } from "../../core/mod.ts";
import type { AnyExchange } from "../../http/contract.ts";
import type { Cache } from "../contract.ts";
import type { Audience } from "./keepable.ts";

/** How answers of a route are kept on the server. */
export interface ResponseCacheOptions {
  readonly cache: Cache;
  /** How long an answer is fresh; less where its own `Cache-Control` says so. */
  readonly ttl: Duration;
  /** How long after that it may still be served while it is made anew, or when that fails. Default `"0ms"`. */
  readonly grace?: Duration;
  /**
   * Who may be given an answer: whoever asks for the same, or the principal alone that it was made for, by its `id`.
   */
  readonly by: Audience;
  /** Request headers that the answer depends on, such as `accept-language`. Also sent as `Vary`. */
  readonly vary?: readonly string[];
  /** Anything else that the answer depends on, such as the scopes of a token. */
  readonly key?: (c: AnyExchange) => string;
  /** Tags of the answer, one space with those of data: `cache.invalidateTags` forgets both. The answer's own `Cache-Tag` adds to them. */
  readonly tags?: readonly string[] | ((c: AnyExchange) => readonly string[]);
  /** How long a 404 is kept. Default: not at all. */
  readonly negative?: Duration;
  /** The longest answer that is kept. Default `"1mb"`. */
  readonly maxAnswer?: Size;
  /**
   * Says that the answer is the same whoever asks: the handler looks neither at the principal, nor at cookies, nor at `Authorization`. Without it
   * a route with a guard cannot be cached `by: "public"`, and requests with cookies or credentials go past the cache. Default false.
   */
  readonly sameForAll?: boolean;
}
