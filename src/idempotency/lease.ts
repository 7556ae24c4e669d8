import type { Clock, Timer } from "../core/mod.ts";
import type { AnyExchange } from "../http/contract.ts";
import type { Claim, IdempotencyStore } from "./contract.ts";
import { runDetached } from "./detached.ts";

/** Renewed this often within its length. */
const RENEWALS = 3;

export interface LeaseOptions {
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly log: AnyExchange["log"];
  /** Milliseconds. */
  readonly length: number;
}

/** Holds a claim while its handler runs. */
export class Lease {
  readonly #claim: Claim;
  readonly #options: LeaseOptions;
  #timer: Timer | undefined;

  constructor(claim: Claim, options: LeaseOptions) {
    this.#claim = claim;
    this.#options = options;
    this.#schedule();
  }

  end(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(): void {
    const { clock, length } = this.#options;
    this.#timer = clock.schedule(length / RENEWALS, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    const { store, clock, log, length } = this.#options;
    try {
      const held = await runDetached(clock, () => store.renew(this.#claim, Math.floor(clock.now()) + length));
      // Whoever has it now will answer; what this one did is undone when it comes to write its record.
      if (!held) return this.end();
    } catch (error) {
      // Once more before it runs out. A store that is down grants nobody else the claim either.
      log.debug({ error }, "the lease of an idempotency key was not renewed");
    }
    if (this.#timer !== undefined) this.#schedule();
  }
}
