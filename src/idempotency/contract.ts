import type { PackedAnswer } from "../http/mod.ts";

/** What a request wants when it asks for its key. */
export interface ClaimRequest {
  /** SHA-256, in hex, of whose key it is, of which route, and the key. */
  readonly id: string;
  /** Names this attempt: whoever holds the claim later has another one. At most 36 characters. */
  readonly owner: string;
  /** SHA-256, in hex, of what the request asks for. */
  readonly fingerprint: string;
  /** Whole milliseconds since 1970, as the two that follow. */
  readonly now: number;
  /** Until when nobody else may run, unless it is renewed. */
  readonly leaseUntil: number;
  /** From when the key is as good as new. */
  readonly expiresAt: number;
}

/** The right of one attempt to run and to write the record. */
export type Claim = Pick<ClaimRequest, "id" | "owner">;

/** What came of a claim. */
export type ClaimOutcome =
  /** The caller runs; nobody else does before its lease has run out. */
  | { readonly state: "claimed" }
  /** Somebody runs, or died before the lease ran out. */
  | { readonly state: "in flight"; readonly fingerprint: string }
  /** It has run. */
  | { readonly state: "done"; readonly fingerprint: string; readonly record: IdempotencyRecord };

/** What is kept of a request that has run. */
export interface IdempotencyRecord {
  /** SHA-256, in hex, of a body that was streamed; null when the fingerprint says all, or when nobody knows. */
  readonly payload: string | null;
  readonly answer: PackedAnswer;
}

/**
 * Where claims and records are kept. Implementations pass `idempotencyStoreSuite` of `plinth/testing`: of any number of claims for one key at one
 * time one is granted, and no record is written by an attempt that lost its claim.
 */
export interface IdempotencyStore {
  /**
   * Takes a key: an unused or expired one, or one whose attempt let its lease run out with the same fingerprint. Never waits for the attempt that
   * has it. The claim holds at once, whatever transaction the caller is in.
   */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;
  /** Holds a claim longer. False when somebody else has it. */
  renew(claim: Claim, leaseUntil: number): Promise<boolean>;
  /**
   * Writes the record, in the caller's transaction if it is in one: then it is there if and only if that is committed. False, and nothing
   * written, when the claim is somebody else's by now.
   */
  finish(claim: Claim, record: IdempotencyRecord): Promise<boolean>;
  /** Gives a key back that has no record; with one, or when somebody else has it, does nothing. */
  release(claim: Claim): Promise<void>;
  /**
   * Runs a function in a transaction, which `finish` and the handler's own queries join.
   *
   * @param options.retry whether the function may be run again after a deadlock
   */
  transact<Result>(run: () => Promise<Result>, options: { readonly retry: boolean }): Promise<Result>;
  /** Forgets keys that have expired. @returns how many, at most `limit` */
  sweep(now: number, limit: number): Promise<number>;
}
