import type { LimitMeter, LimitPolicy, LimitReading, LimitStore } from "./contract.ts";

/** One policy of a store that counts several at once. */
export class StoreMeter implements LimitMeter {
  readonly #store: LimitStore;
  readonly #policy: LimitPolicy;

  constructor(store: LimitStore, policy: LimitPolicy) {
    this.#store = store;
    this.#policy = policy;
  }

  async take(key: string, cost: number): Promise<LimitReading> {
    const [reading] = await this.#store.takeAll([{ policy: this.#policy, key, cost }]);
    return reading as LimitReading;
  }

  async peek(key: string, cost: number): Promise<LimitReading> {
    const [reading] = await this.#store.peekAll([{ policy: this.#policy, key, cost }]);
    return reading as LimitReading;
  }
}
