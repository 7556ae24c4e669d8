import type { ClaimOutcome, ClaimRequest, IdempotencyRecord } from "./contract.ts";

/** A key as a store finds it. */
export interface FoundKey {
  readonly fingerprint: string;
  /** Milliseconds since 1970, as the other. */
  readonly leaseUntil: number;
  readonly expiresAt: number;
  readonly record: IdempotencyRecord | null;
}

/** What a request gets that finds its key used. `take over`: it may have it, unless somebody is faster. */
export function judgeClaim(found: FoundKey, request: ClaimRequest): ClaimOutcome | "take over" {
  const { fingerprint, record } = found;
  const leased = record === null && found.leaseUntil > request.now;
  if (found.expiresAt <= request.now && !leased) return "take over";
  if (record !== null) return { state: "done", fingerprint, record };
  // What died may only be done again, not become something else.
  return leased || fingerprint !== request.fingerprint ? { state: "in flight", fingerprint } : "take over";
}
