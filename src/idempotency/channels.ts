import { type Channel, openTypedChannel } from "../core/mod.ts";

/**
 * What became of a request with a key:
 * `ran`: its handler ran and its answer was kept; `not kept`: it ran, and failed or was refused for the moment, so that a retry runs again;
 * `replayed`: it got an answer that was kept; `in flight`: 409; `reused`: 422; `lost`: it ran so long that another attempt took its place.
 */
export type IdempotencyOutcome = "ran" | "not kept" | "replayed" | "in flight" | "reused" | "lost";

export interface IdempotencyDecided {
  /** The route's template. */
  readonly route: string;
  readonly method: string;
  readonly outcome: IdempotencyOutcome;
}

export const idempotencyDecided: Channel<IdempotencyDecided> = openTypedChannel("plinth:idempotency:decided");
