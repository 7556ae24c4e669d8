import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { LimitDecision } from "#src/http/contract";
import type { LimitPolicy, LimitStore } from "#src/ratelimit/contract";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

/** A store to put to the test: empty, on this clock. */
export type OpenStore = (clock: FakeClock) => LimitStore | Promise<LimitStore>;

export const policy = (count: number, period: number, more: Partial<LimitPolicy> = {}): LimitPolicy => ({
  name: `${count}/${period}`,
  count,
  period,
  burst: count,
  ...more,
});

/** One key's quota in whole numbers: milliseconds times the policy's count, so nothing is ever rounded. */
export class ReferenceQuota {
  readonly #policy: LimitPolicy;
  #arrival = 0n;

  constructor(limit: LimitPolicy) {
    this.#policy = limit;
  }

  allows(now: number, cost: number): boolean {
    return this.#after(now, cost) - this.#scaled(now) <= BigInt(this.#policy.burst) * BigInt(this.#policy.period);
  }

  take(now: number, cost: number): void {
    this.#arrival = this.#after(now, cost);
  }

  #after(now: number, cost: number): bigint {
    const at = this.#scaled(now);
    return (this.#arrival > at ? this.#arrival : at) + BigInt(cost) * BigInt(this.#policy.period);
  }

  #scaled(now: number): bigint {
    return BigInt(now) * BigInt(this.#policy.count);
  }
}

/** What happens to a store, as data. */
export interface Step {
  readonly policy: number;
  readonly key: number;
  readonly cost: number;
  /** Milliseconds that pass first. */
  readonly pause: number;
}

export function steps(keys: number, policies: number): fc.Arbitrary<Step[]> {
  const step = fc.record({
    policy: fc.nat(policies - 1),
    key: fc.nat(keys - 1),
    cost: fc.integer({ min: 1, max: 3 }),
    pause: fc.oneof(
      { weight: 4, arbitrary: fc.constant(0) },
      { weight: 2, arbitrary: fc.nat(400) },
      { weight: 1, arbitrary: fc.nat(90_000) },
    ),
  });
  return fc.array(step, { maxLength: 250 });
}

/** Every driver of the limit store passes this suite. */
export function describeLimitStore(name: string, open: OpenStore): void {
  const start = async (
    limit: LimitPolicy,
  ): Promise<{ clock: FakeClock; take: (key: string, cost?: number) => Promise<LimitDecision> }> => {
    const clock = createFakeClock();
    const meter = (await open(clock)).meter(limit);
    return { clock, take: async (key, cost = 1) => meter.take(key, cost) };
  };
  const passes = async (take: (key: string) => Promise<LimitDecision>, key: string, calls: number): Promise<number> => {
    let passed = 0;
    for (let call = 0; call < calls; call += 1) if ((await take(key)).allowed) passed += 1;
    return passed;
  };

  describe(name, () => {
    it("lets exactly the count through and refuses the next", async () => {
      for (const count of [1, 2, 3, 7, 100, 999]) {
        const { take } = await start(policy(count, 60_000));
        assert.equal(await passes(take, "caller", count + 5), count);
      }
    });

    it("refills one unit per interval", async () => {
      const { clock, take } = await start(policy(10, 1_000));
      await passes(take, "caller", 10);
      clock.advance(99);
      assert.equal((await take("caller")).allowed, false);
      clock.advance(1);
      assert.equal((await take("caller")).allowed, true);
      assert.equal((await take("caller")).allowed, false);
    });

    it("has the whole count again after one period, and no more after a long pause", async () => {
      const { clock, take } = await start(policy(3, 1_000));
      for (const pause of [0, 1_000, 1_000, 86_400_000]) {
        clock.advance(pause);
        assert.equal(await passes(take, "caller", 10), 3);
      }
    });

    it("lets a burst through that is smaller or larger than the count", async () => {
      for (const burst of [2, 25]) {
        const { clock, take } = await start(policy(10, 1_000, { burst }));
        assert.equal(await passes(take, "caller", 40), burst);
        clock.advance(1_000);
        assert.equal(await passes(take, "caller", 40), Math.min(burst, 10));
      }
    });

    it("takes the whole cost of a call or none of it", async () => {
      const { take } = await start(policy(10, 60_000));
      assert.equal((await take("caller", 8)).remaining, 2);
      assert.equal((await take("caller", 3)).allowed, false);
      assert.equal((await take("caller", 2)).allowed, true);
      assert.equal((await take("caller", 1)).allowed, false);
    });

    it("takes nothing for a refused call", async () => {
      const { clock, take } = await start(policy(1, 1_000));
      await passes(take, "caller", 50);
      clock.advance(1_000);
      assert.equal((await take("caller")).allowed, true);
    });

    it("counts keys apart, however alike", async () => {
      const { take } = await start(policy(2, 60_000));
      const keys = [
        "",
        "a",
        "b",
        "ab",
        "a\0",
        "A",
        "é",
        "e\u0301",
        "__proto__",
        "constructor",
        "x".repeat(5_000),
        `${"x".repeat(4_999)}y`,
      ];
      for (const key of keys) assert.equal(await passes(take, key, 5), 2, JSON.stringify(key.slice(0, 20)));
    });

    it("counts policies apart, also under one name with other numbers", async () => {
      const clock = createFakeClock();
      const store = await open(clock);
      const limits = [
        policy(2, 1_000),
        policy(2, 1_000, { name: "other" }),
        policy(3, 1_000, { name: "other" }),
        policy(2, 60_000, { name: "other" }),
      ];
      for (const limit of limits) {
        const meter = store.meter(limit);
        assert.equal(await passes(async (key) => meter.take(key, 1), "caller", 9), limit.count);
      }
    });

    it("shares the count between two meters of one policy", async () => {
      const store = await open(createFakeClock());
      const [one, two] = [store.meter(policy(5, 60_000)), store.meter(policy(5, 60_000))];
      assert.equal(await passes(async (key) => one.take(key, 1), "caller", 3), 3);
      assert.equal(await passes(async (key) => two.take(key, 1), "caller", 9), 2);
    });

    it("says what is left, when the quota is whole again and when to come back", async () => {
      const { clock, take } = await start(policy(4, 60_000));
      assert.deepEqual(await take("caller"), { allowed: true, remaining: 3, resetSeconds: 15, retryAfterSeconds: 0 });
      assert.deepEqual(await take("caller", 3), { allowed: true, remaining: 0, resetSeconds: 60, retryAfterSeconds: 0 });
      clock.advance(500);
      assert.deepEqual(await take("caller"), { allowed: false, remaining: 0, resetSeconds: 60, retryAfterSeconds: 15 });
      assert.deepEqual(await take("caller", 4), { allowed: false, remaining: 0, resetSeconds: 60, retryAfterSeconds: 60 });
    });

    it("lets a refused caller pass who comes back when told to", async () => {
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 50 }), fc.constantFrom(700, 1_000, 60_000), async (count, period) => {
          const { clock, take } = await start(policy(count, period));
          await passes(take, "caller", count);
          const refused = await take("caller");
          assert.equal(refused.allowed, false);
          clock.advance(refused.retryAfterSeconds * 1_000);
          assert.equal((await take("caller")).allowed, true);
        }),
        { numRuns: 30 },
      );
    });

    it("decides as unlimited memory and exact arithmetic would, for any sequence of calls", async () => {
      const limits = [policy(5, 1_000), policy(20, 60_000), policy(3, 1_000, { burst: 4 })];
      await fc.assert(
        fc.asyncProperty(steps(6, limits.length), async (calls) => {
          const clock = createFakeClock();
          const store = await open(clock);
          const meters = limits.map((limit) => store.meter(limit));
          const model = new Map<string, ReferenceQuota>();
          for (const call of calls) {
            clock.advance(call.pause);
            const id = `${call.policy} ${call.key}`;
            const quota = model.get(id) ?? new ReferenceQuota(limits[call.policy] as LimitPolicy);
            model.set(id, quota);
            const expected = quota.allows(clock.monotonic(), call.cost);
            const decision = await (meters[call.policy] as (typeof meters)[number]).take(`key ${call.key}`, call.cost);
            assert.equal(decision.allowed, expected);
            if (expected) quota.take(clock.monotonic(), call.cost);
          }
        }),
        { numRuns: 60 },
      );
    });
  });
}
