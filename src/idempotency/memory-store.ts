import type { Claim, ClaimOutcome, ClaimRequest, IdempotencyRecord, IdempotencyStore } from "./contract.ts";
import { type FoundKey, judgeClaim } from "./judge-claim.ts";

interface HeldKey extends FoundKey {
  readonly owner: string;
}

/**
 * Keeps keys in the memory of this thread, for tests and for programs of one thread. There is no transaction to join, and all keys are gone with
 * the process: it protects from impatient clients, not from crashes.
 */
export function createMemoryIdempotencyStore(): IdempotencyStore {
  return new MemoryIdempotencyStore();
}

class MemoryIdempotencyStore implements IdempotencyStore {
  readonly #keys = new Map<string, HeldKey>();

  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    const { id, owner, fingerprint, leaseUntil, expiresAt } = request;
    const found = this.#keys.get(id);
    const outcome = found === undefined ? "take over" : judgeClaim(found, request);
    if (outcome !== "take over") return outcome;
    this.#keys.set(id, { owner, fingerprint, leaseUntil, expiresAt, record: null });
    return { state: "claimed" };
  }

  async renew(claim: Claim, leaseUntil: number): Promise<boolean> {
    return this.#change(claim, { leaseUntil });
  }

  async finish(claim: Claim, record: IdempotencyRecord): Promise<boolean> {
    return this.#change(claim, { record });
  }

  async release(claim: Claim): Promise<void> {
    if (this.#held(claim) !== undefined) this.#keys.delete(claim.id);
  }

  transact<Result>(run: () => Promise<Result>): Promise<Result> {
    return run();
  }

  async sweep(now: number, limit: number): Promise<number> {
    const expired = this.#keys
      .entries()
      .filter(([, { expiresAt, leaseUntil }]) => expiresAt <= now && leaseUntil <= now)
      .take(limit)
      .toArray();
    for (const [id] of expired) this.#keys.delete(id);
    return expired.length;
  }

  #change(claim: Claim, change: Partial<HeldKey>): boolean {
    const held = this.#held(claim);
    if (held === undefined) return false;
    this.#keys.set(claim.id, { ...held, ...change });
    return true;
  }

  /** A key without a record that is still this attempt's. */
  #held({ id, owner }: Claim): HeldKey | undefined {
    const held = this.#keys.get(id);
    return held?.owner === owner && held.record === null ? held : undefined;
  }
}
