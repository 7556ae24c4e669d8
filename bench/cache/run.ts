// What a value from the cache costs, and one that is not there, against what teams use today.
import { type MicroCase, type MicroContender, type MicroTarget, compareMicro } from "../harness/micro.ts";
import type { BenchmarkOptions } from "../main.ts";

const LRU: MicroContender = { name: "lru-cache", title: "lru-cache", packages: ["lru-cache"] };
const PLINTH: MicroContender = { name: "plinth", title: "**Plinth**, `getOrSet`" };
const BENTOCACHE: MicroContender = { name: "bentocache", title: "bentocache, `getOrSet`", packages: ["bentocache"] };
const CACHEABLE: MicroContender = { name: "cacheable", title: "cacheable, `getOrSet`", packages: ["cacheable"] };
const SIZES = [100, 10_000, 1_000_000];

const CASES: readonly MicroCase[] = [
  {
    name: "hit",
    title: "a hit in memory, awaited",
    contenders: [{ ...LRU, title: "lru-cache, `get`" }, PLINTH, BENTOCACHE, CACHEABLE],
  },
  { name: "peek", title: "a hit in memory, synchronous", contenders: [LRU, { name: "plinth", title: "**Plinth**, `peek`" }] },
  { name: "miss", title: "a miss: made, kept, returned", contenders: [LRU, PLINTH, BENTOCACHE, CACHEABLE] },
  { name: "stampede", title: "one of 100 callers of a cold key", contenders: [PLINTH, BENTOCACHE, CACHEABLE] },
  {
    name: "growth",
    title: "a hit among so many keys",
    contenders: SIZES.map((size) => ({ name: String(size), title: `${size} keys` })),
  },
];

const TARGETS: readonly MicroTarget[] = [
  { case: "hit", of: "plinth", to: "lru-cache", most: 1.5 },
  { case: "hit", of: "plinth", to: "bentocache", most: 0.25 },
  { case: "peek", of: "plinth", to: "lru-cache", most: 1.5 },
];

/** @returns whether every asserted target holds */
export function run(options: BenchmarkOptions): Promise<boolean> {
  const subjects = new URL("./subjects.ts", import.meta.url);
  return compareMicro({ name: "cache", subjects, cases: CASES, targets: TARGETS }, options);
}
