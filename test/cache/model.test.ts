import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import * as fc from "fast-check";
import { type Machines, openMachines, settle } from "./machines.ts";

// A database row for each key, changed and then invalidated by one way or another, while readers of several threads of two machines are
// somewhere between reading it and keeping what they read.

const KEYS = ["a", "b"] as const;

type Step =
  | { readonly do: "read"; readonly where: number; readonly key: number; readonly slow: number }
  | { readonly do: "change"; readonly where: number; readonly key: number; readonly by: "delete" | "tag" | "clear" | "set" }
  | { readonly do: "pass"; readonly turns: number }
  | { readonly do: "age"; readonly seconds: number };

const where = fc.nat({ max: 3 });
const key = fc.nat({ max: KEYS.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("read" as const), where, key, slow: fc.nat({ max: 6 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("change" as const),
      where,
      key,
      by: fc.constantFrom("delete", "tag", "clear", "set"),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("pass" as const), turns: fc.integer({ min: 1, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("age" as const), seconds: fc.constantFrom(30, 70) }) },
);

class World {
  readonly #machines: Machines;
  readonly #rows: number[] = KEYS.map(() => 0);
  readonly #running: Promise<void>[] = [];

  constructor(machines: Machines) {
    this.#machines = machines;
  }

  async take(step: Step): Promise<void> {
    if (step.do === "read") this.#running.push(this.#read(step));
    else if (step.do === "change") this.#running.push(this.#change(step));
    else if (step.do === "pass") await settle(step.turns);
    else this.#machines.clock.advance(step.seconds * 1_000);
  }

  async #read({ where, key, slow }: Extract<Step, { do: "read" }>): Promise<void> {
    const users = this.#machines.users[where];
    const value = await users?.getOrSet(KEYS[key] as string, async ({ setTags }) => {
      const row = this.#rows[key];
      for (let turn = 0; turn < slow; turn += 1) await setImmediate();
      setTags([`row ${key}`]);
      return String(row);
    });
    assert.ok(Number(value) <= (this.#rows[key] as number));
  }

  async #change({ where, key, by }: Extract<Step, { do: "change" }>): Promise<void> {
    const users = this.#machines.users[where];
    const name = KEYS[key] as string;
    this.#rows[key] = (this.#rows[key] as number) + 1;
    const version = this.#rows[key];
    if (by === "delete") await users?.delete(name);
    else if (by === "tag") await this.#machines.caches[where]?.invalidateTags([`row ${key}`]);
    else if (by === "clear") await users?.clear();
    // Two programs that set one key at once may do so in another order than they changed the row: so this one deletes.
    else await users?.set(name, String(version), { tags: [`row ${key}`] }).then(() => users.delete(name));
  }

  /** When all has come to rest, every thread reads what is there, or something newer than nothing: never an old row. */
  async check(): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      this.#machines.clock.advance(10);
      await settle(1);
    }
    await Promise.all(this.#running);
    await settle();
    for (const [index, name] of KEYS.entries()) {
      for (const users of this.#machines.users) {
        const found = users.peek(name) ?? (await users.get(name));
        if (found !== undefined) assert.equal(Number(found), this.#rows[index], `${name} of ${users.name}`);
      }
    }
  }
}

describe("whatever happens in whatever order", () => {
  for (const [title, options] of [
    ["two machines of two threads keep nothing that was changed", { threads: [2, 2], shared: true }],
    ["four threads without a store keep nothing that was changed", { threads: [4] }],
  ] as const) {
    it(title, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
          await using machines = await openMachines({ ...options, namespace: { hardTimeout: "1h" } });
          const world = new World(machines);
          for (const step of steps) await world.take(step);
          await world.check();
        }),
        { numRuns: 60, interruptAfterTimeLimit: 15_000 },
      );
    });
  }
});
