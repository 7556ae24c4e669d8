// What a limit costs in memory and in Redis, against what teams use today.
import { type MicroCase, type MicroTarget, compareMicro } from "../harness/micro.ts";
import type { BenchmarkOptions } from "../main.ts";

const FLEXIBLE = { name: "flexible", title: "rate-limiter-flexible", packages: ["rate-limiter-flexible"] };
const PLINTH = { name: "plinth", title: "**Plinth**" };
const SIZES = [100, 10_000, 1_000_000];

const CASES: readonly MicroCase[] = [
  {
    name: "memory",
    title: "a check in memory, 1,000 keys",
    contenders: [
      FLEXIBLE,
      { ...PLINTH, title: "**Plinth**, shared by all threads" },
      { name: "express", title: "express-rate-limit's `MemoryStore`", packages: ["express-rate-limit"] },
    ],
  },
  { name: "redis", title: "a check of one policy in Redis", contenders: [FLEXIBLE, PLINTH] },
  { name: "redis-3", title: "a check of three policies in Redis", contenders: [FLEXIBLE, PLINTH] },
  {
    name: "growth",
    title: "a check in memory among so many keys",
    contenders: SIZES.map((size) => ({ name: String(size), title: `**Plinth**, ${size} keys` })),
  },
  {
    name: "growth-flexible",
    title: "a check in memory among so many keys",
    contenders: SIZES.map((size) => ({ name: String(size), title: `rate-limiter-flexible, ${size} keys` })),
  },
];

const TARGETS: readonly MicroTarget[] = [{ case: "memory", of: "plinth", to: "flexible", most: 0.5 }];

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  const subjects = new URL("./subjects.ts", import.meta.url);
  return compareMicro({ name: "ratelimit", subjects, cases: CASES, targets: TARGETS }, options);
}
