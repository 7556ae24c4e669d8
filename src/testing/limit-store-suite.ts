import assert from "node:assert/strict";
import type { LimitDraw, LimitMeter, LimitPolicy, LimitReading, LimitStore, QuotaPolicy } from "../ratelimit/mod.ts";
import { type ConformanceSuite, defineConformanceSuite } from "./conformance-suite.ts";
import type { FakeClock } from "./fake-clock.ts";
import { ExactRate, createDice, ratePolicy } from "./limit-model.ts";

/** A limit store, empty, and the clock that it counts by. */
export interface LimitStoreSubject {
  readonly store: LimitStore;
  readonly clock: FakeClock;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

async function passes(meter: LimitMeter, key: string, calls: number): Promise<number> {
  let passed = 0;
  for (let call = 0; call < calls; call += 1) if ((await meter.take(key, 1)).allowed) passed += 1;
  return passed;
}

const said = ({ allowed, remaining, resetSeconds, retryAfterSeconds }: LimitReading): readonly unknown[] => [
  allowed,
  remaining,
  resetSeconds,
  retryAfterSeconds,
];

const draw = (policy: LimitPolicy, key: string, more: Partial<LimitDraw> = {}): LimitDraw => ({ policy, key, cost: 1, ...more });

function quotaPolicy(count: number, more: Partial<QuotaPolicy> = {}): QuotaPolicy {
  return { kind: "quota", name: `quota-${count}`, count, unit: "day", timezone: "UTC", ...more };
}

/** Takes, and hands on what a give-back needs. */
async function takeAll(store: LimitStore, draws: readonly LimitDraw[]): Promise<readonly LimitReading[]> {
  return store.takeAll(draws);
}

async function remaining(store: LimitStore, policy: LimitPolicy, key: string): Promise<number> {
  return (await store.meter(policy).peek(key, 1)).remaining;
}

/** What every `LimitStore` does: counts exactly, all policies of a call or none, and never lets more through than they allow. */
export const limitStoreSuite: ConformanceSuite<LimitStoreSubject> = defineConformanceSuite<LimitStoreSubject>("limit store", {
  "lets exactly the count through and refuses the next": async ({ store }) => {
    for (const count of [1, 2, 3, 7, 100])
      assert.equal(await passes(store.meter(ratePolicy(count, MINUTE)), "caller", count + 5), count);
  },
  "refills one unit per interval": async ({ store, clock }) => {
    const meter = store.meter(ratePolicy(10, 1_000));
    await passes(meter, "caller", 10);
    clock.advance(99);
    assert.equal((await meter.take("caller", 1)).allowed, false);
    clock.advance(1);
    assert.equal((await meter.take("caller", 1)).allowed, true);
    assert.equal((await meter.take("caller", 1)).allowed, false);
  },
  "has the whole count again after one period, and no more after a long pause": async ({ store, clock }) => {
    const meter = store.meter(ratePolicy(3, 1_000));
    for (const pause of [0, 1_000, 1_000, DAY]) {
      clock.advance(pause);
      assert.equal(await passes(meter, "caller", 10), 3);
    }
  },
  "lets a burst through that is smaller or larger than the count": async ({ store, clock }) => {
    for (const burst of [2, 25]) {
      const meter = store.meter(ratePolicy(10, 1_000, { burst }));
      assert.equal(await passes(meter, "caller", 40), burst);
      clock.advance(1_000);
      assert.equal(await passes(meter, "caller", 40), Math.min(burst, 10));
    }
  },
  "takes the whole cost of a call or none of it": async ({ store }) => {
    const meter = store.meter(ratePolicy(10, MINUTE));
    assert.equal((await meter.take("caller", 8)).remaining, 2);
    assert.equal((await meter.take("caller", 3)).allowed, false);
    assert.equal((await meter.take("caller", 2)).allowed, true);
    assert.equal((await meter.take("caller", 1)).allowed, false);
  },
  "takes nothing for a refused call": async ({ store, clock }) => {
    const meter = store.meter(ratePolicy(1, 1_000));
    await passes(meter, "caller", 20);
    clock.advance(1_000);
    assert.equal((await meter.take("caller", 1)).allowed, true);
  },
  "counts keys apart, however alike": async ({ store }) => {
    const meter = store.meter(ratePolicy(2, MINUTE));
    const odd = ["", "a", "b", "ab", "a\0", "A", "é", "e\u0301", "__proto__", "constructor", "a:b", "{a}"];
    for (const key of [...odd, "x".repeat(5_000), `${"x".repeat(4_999)}y`])
      assert.equal(await passes(meter, key, 4), 2, JSON.stringify(key.slice(0, 20)));
  },
  "counts policies apart, also under one name with other numbers": async ({ store }) => {
    const limits = [
      ratePolicy(2, 1_000),
      ratePolicy(2, 1_000, { name: "other" }),
      ratePolicy(3, 1_000, { name: "other" }),
      ratePolicy(2, MINUTE, { name: "other" }),
      quotaPolicy(4, { name: "other" }),
      quotaPolicy(4, { name: "other", unit: "month" }),
    ];
    for (const limit of limits) assert.equal(await passes(store.meter(limit), "caller", 9), limit.count);
  },
  "shares the count between two meters of one policy": async ({ store }) => {
    const [one, two] = [store.meter(ratePolicy(5, MINUTE)), store.meter(ratePolicy(5, MINUTE))];
    assert.equal(await passes(one, "caller", 3), 3);
    assert.equal(await passes(two, "caller", 9), 2);
  },
  "says what is left, when the quota is whole again and when to come back": async ({ store, clock }) => {
    const meter = store.meter(ratePolicy(4, MINUTE));
    assert.deepEqual(said(await meter.take("caller", 1)), [true, 3, 15, 0]);
    assert.deepEqual(said(await meter.take("caller", 3)), [true, 0, 60, 0]);
    clock.advance(500);
    assert.deepEqual(said(await meter.take("caller", 1)), [false, 0, 60, 15]);
    assert.deepEqual(said(await meter.take("caller", 4)), [false, 0, 60, 60]);
  },
  "lets a refused caller pass who comes back when told to": async ({ store, clock }) => {
    for (const period of [700, 1_000, MINUTE]) {
      for (const count of [1, 3, 7, 50]) {
        const meter = store.meter(ratePolicy(count, period));
        await passes(meter, "caller", count);
        const refused = await meter.take("caller", 1);
        assert.equal(refused.allowed, false);
        clock.advance(refused.retryAfterSeconds * 1_000);
        assert.equal((await meter.take("caller", 1)).allowed, true);
      }
    }
  },
  "decides as unlimited memory and exact arithmetic would": async ({ store, clock }) => {
    const limits = [ratePolicy(5, 1_000), ratePolicy(20, MINUTE), ratePolicy(3, 1_000, { burst: 4 })];
    const models = new Map<string, ExactRate>();
    const roll = createDice(20_261_129);
    for (let call = 0; call < 600; call += 1) {
      clock.advance([0, 0, 0, 0, roll(400), roll(400), roll(90_000)][roll(7)] as number);
      const limit = limits[roll(limits.length)] as (typeof limits)[number];
      const [key, cost] = [`caller ${roll(6)}`, 1 + roll(3)];
      const model = models.get(`${limit.name} ${key}`) ?? new ExactRate(limit);
      models.set(`${limit.name} ${key}`, model);
      const expected = model.allows(clock.now(), cost);
      assert.equal((await store.meter(limit).take(key, cost)).allowed, expected, `call ${call}`);
      if (expected) model.take(clock.now(), cost);
    }
  },
  "peeks without taking": async ({ store }) => {
    const meter = store.meter(ratePolicy(2, MINUTE));
    for (let call = 0; call < 5; call += 1) assert.deepEqual(said(await meter.peek("caller", 1)), [true, 2, 0, 0]);
    await meter.take("caller", 2);
    assert.deepEqual(said(await meter.peek("caller", 1)), [false, 0, 60, 30]);
  },
  "takes all policies of a call, or none when one of them refuses": async ({ store }) => {
    const [wide, narrow, last] = [ratePolicy(10, MINUTE), ratePolicy(1, MINUTE), ratePolicy(5, MINUTE)];
    const draws = [draw(wide, "caller"), draw(narrow, "caller"), draw(last, "caller", { cost: 2 })];
    assert.deepEqual(
      (await takeAll(store, draws)).map((reading) => reading.allowed),
      [true, true, true],
    );
    const refused = await takeAll(store, draws);
    assert.deepEqual(
      refused.map((reading) => reading.allowed),
      [true, false, true],
    );
    assert.deepEqual(
      refused.map((reading) => reading.remaining),
      [9, 0, 3],
    );
    assert.equal(await remaining(store, wide, "caller"), 9);
    assert.equal(await remaining(store, last, "caller"), 3);
  },
  "lets a shadow refuse without a say": async ({ store }) => {
    const [real, shadow] = [ratePolicy(3, MINUTE), ratePolicy(1, MINUTE)];
    const draws = [draw(shadow, "caller", { shadow: true }), draw(real, "caller")];
    for (const [first, second] of [
      [true, true],
      [false, true],
      [false, true],
      [false, false],
    ])
      assert.deepEqual(
        (await takeAll(store, draws)).map((reading) => reading.allowed),
        [first, second],
      );
  },
  "counts a call twice that draws twice of one key": async ({ store }) => {
    for (const limit of [ratePolicy(5, MINUTE), quotaPolicy(5)]) {
      const twice = [draw(limit, "caller"), draw(limit, "caller", { cost: 2 })];
      assert.deepEqual(
        (await takeAll(store, twice)).map((reading) => reading.allowed),
        [true, true],
      );
      assert.equal(await remaining(store, limit, "caller"), 2);
      assert.ok((await takeAll(store, twice)).some(({ allowed }) => !allowed));
      assert.equal(await remaining(store, limit, "caller"), 2);
    }
  },
  "lets no more than the count through of many calls at once": async ({ store }) => {
    const [limit, wide] = [ratePolicy(10, DAY), ratePolicy(1_000, DAY)];
    const calls = Array.from({ length: 30 }, () => takeAll(store, [draw(wide, "caller"), draw(limit, "caller")]));
    const passed = (await Promise.all(calls)).filter((readings) => readings.every(({ allowed }) => allowed));
    assert.equal(passed.length, 10);
    assert.equal(await remaining(store, wide, "caller"), 990);
  },
  "gives back what was taken": async ({ store, clock }) => {
    const limit = ratePolicy(3, MINUTE);
    const [first] = (await takeAll(store, [draw(limit, "caller", { cost: 2 })])) as [LimitReading];
    await store.giveBack([draw(limit, "caller", { cost: 2 })], [first]);
    assert.equal(await remaining(store, limit, "caller"), 3);
    assert.equal(await passes(store.meter(limit), "caller", 9), 3);
    clock.advance(MINUTE);
    assert.equal(await passes(store.meter(limit), "caller", 9), 3);
  },
  "gives nothing back that has come back by itself": async ({ store, clock }) => {
    const limit = ratePolicy(2, 1_000);
    const [early] = (await takeAll(store, [draw(limit, "caller")])) as [LimitReading];
    clock.advance(10_000);
    assert.equal(await passes(store.meter(limit), "caller", 9), 2);
    await store.giveBack([draw(limit, "caller")], [early]);
    assert.equal((await store.meter(limit).take("caller", 1)).allowed, false);
  },
  "gives nothing back of what was refused": async ({ store }) => {
    const limit = ratePolicy(1, MINUTE);
    await store.meter(limit).take("caller", 1);
    const refused = await takeAll(store, [draw(limit, "caller")]);
    await store.giveBack([draw(limit, "caller")], refused);
    assert.equal((await store.meter(limit).take("caller", 1)).allowed, false);
  },
  "never lets more through for what is given back, whatever is taken in between": async ({ store, clock }) => {
    const limit = ratePolicy(4, 1_000);
    const roll = createDice(7);
    // What was taken and not given back is what passed: it must fit the exact model taken alone, each at its time.
    const kept: { at: number; cost: number }[] = [];
    const open: { at: number; taken: LimitDraw; reading: LimitReading }[] = [];
    for (let call = 0; call < 300; call += 1) {
      clock.advance([0, 0, roll(200), roll(3_000)][roll(4)] as number);
      const taken = draw(limit, "caller", { cost: 1 + roll(2) });
      const [reading] = (await takeAll(store, [taken])) as [LimitReading];
      if (reading.allowed) open.push({ at: clock.now(), taken, reading });
      if (open.length > 0 && roll(2) === 0) {
        const [ended] = open.splice(roll(open.length), 1) as [(typeof open)[number]];
        if (roll(2) === 0) await store.giveBack([ended.taken], [ended.reading]);
        else kept.push({ at: ended.at, cost: ended.taken.cost });
      }
    }
    const model = new ExactRate(limit);
    const all = [...kept, ...open.map(({ at, taken }) => ({ at, cost: taken.cost }))].sort((one, other) => one.at - other.at);
    for (const { at, cost } of all) {
      assert.ok(model.allows(at, cost), `${cost} at ${at}`);
      model.take(at, cost);
    }
    assert.ok(all.length > 20);
  },
  "forgets what a key has used when it is told to, and only that": async ({ store }) => {
    const [rate, quota] = [ratePolicy(2, MINUTE), quotaPolicy(2)];
    for (const limit of [rate, quota]) {
      await passes(store.meter(limit), "one", 2);
      await passes(store.meter(limit), "two", 2);
      await store.reset(limit, "one");
      await store.reset(limit, "never seen");
      assert.equal(await passes(store.meter(limit), "one", 5), 2);
      assert.equal(await passes(store.meter(limit), "two", 5), 0);
    }
  },
  "gives a quota back whole at the end of its day, and not before": async ({ store, clock }) => {
    const meter = store.meter(quotaPolicy(3));
    const toMidnight = DAY - (clock.now() % DAY);
    clock.advance(toMidnight - 1_000);
    assert.equal(await remaining(store, quotaPolicy(3), "caller"), 3, "the day is nearly over, and nothing used");
    assert.equal(await passes(meter, "caller", 5), 3);
    assert.deepEqual(said(await meter.take("caller", 1)), [false, 0, 1, 1]);
    clock.advance(999);
    assert.equal((await meter.take("caller", 1)).allowed, false);
    clock.advance(1);
    assert.equal(await passes(meter, "caller", 5), 3);
  },
  "counts hours and months too, in the time zone of the policy": async ({ store, clock }) => {
    // From the first of January 2026 in UTC, midnight.
    clock.advance(Date.UTC(2026, 0, 31, 22, 59) - clock.now());
    const [hour, month] = [quotaPolicy(1, { unit: "hour" }), quotaPolicy(2, { unit: "month", timezone: "Europe/Berlin" })];
    assert.equal(await passes(store.meter(hour), "caller", 3), 1);
    assert.equal(await passes(store.meter(month), "caller", 3), 2);
    clock.advance(MINUTE);
    assert.equal(await passes(store.meter(hour), "caller", 3), 1);
    assert.equal(await passes(store.meter(month), "caller", 3), 2, "it is February in Berlin");
    clock.advance(MINUTE);
    assert.equal(await passes(store.meter(month), "caller", 3), 0);
    assert.equal((await store.meter(month).take("caller", 1)).retryAfterSeconds, 28 * 86_400 - 60);
  },
  "gives units of a quota back in the window they were taken in, and in no other": async ({ store, clock }) => {
    const limit = quotaPolicy(3, { unit: "hour" });
    const [first] = (await takeAll(store, [draw(limit, "caller", { cost: 2 })])) as [LimitReading];
    await store.giveBack([draw(limit, "caller", { cost: 2 })], [first]);
    assert.equal(await remaining(store, limit, "caller"), 3);
    const [second] = (await takeAll(store, [draw(limit, "caller", { cost: 2 })])) as [LimitReading];
    clock.advance(3_600_000);
    assert.equal(await passes(store.meter(limit), "caller", 5), 3);
    await store.giveBack([draw(limit, "caller", { cost: 2 })], [second]);
    assert.equal(await remaining(store, limit, "caller"), 0);
  },
  "counts large quotas to the unit": async ({ store }) => {
    const meter = store.meter(quotaPolicy(1_000_000, { unit: "month" }));
    assert.equal((await meter.take("caller", 999_998)).remaining, 2);
    assert.equal(await passes(meter, "caller", 5), 2);
  },
});
