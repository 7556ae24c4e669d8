import { BentoCache, bentostore } from "bentocache";
import { memoryDriver } from "bentocache/drivers/memory";
import { Cacheable } from "cacheable";
import { LRUCache } from "lru-cache";
import { createCache } from "../../src/cache/mod.ts";
import { SegmentTable } from "../../src/core/mod.ts";
import type { MicroSubject, OpenMicroSubject } from "../harness/micro.ts";

interface User {
  readonly id: number;
  readonly name: string;
}

const KEYS = 1_000;
/** Values expire, as everywhere in production: keeping an eye on that is part of the cost. Milliseconds. */
const TTL = 3_600_000;
const CALLERS = 100;
const ROOM = 2_000_000;

/** A cache of one kind: the value of a key, made when it is not there. */
type GetOrSet = (key: string, make: () => User | Promise<User>) => User | Promise<User>;

const OPENERS: Readonly<Record<string, () => Promise<GetOrSet>>> = {
  async "lru-cache"() {
    const cache = new LRUCache<string, User>({ max: ROOM, ttl: TTL });
    return (key, make) => {
      let value = cache.get(key);
      if (value === undefined) cache.set(key, (value = make() as User));
      return value;
    };
  },
  async plinth() {
    const { users } = await openPlinth();
    return (key, make) => users.getOrSet(key, make);
  },
  async bentocache() {
    const memory = bentostore().useL1Layer(memoryDriver({ maxItems: ROOM }));
    const cache = new BentoCache({ default: "memory", stores: { memory } });
    return (key, make) => cache.getOrSet<User>({ key, ttl: TTL, factory: make });
  },
  async cacheable() {
    const cache = new Cacheable({ ttl: TTL });
    return async (key, make) => (await cache.getOrSet(key, async () => make())) as User;
  },
};

async function openPlinth() {
  const cache = createCache({ memory: new SegmentTable(), maxEntries: ROOM, maxBytes: "2gb" });
  await cache.start();
  return { cache, users: cache.namespace<User>("users", { version: 1, ttl: "1h" }) };
}

const userOf = (key: string): User => ({ id: key.length, name: `user ${key}` });

export const open: OpenMicroSubject = async (caseName, contender) => {
  if (caseName === "growth") return openHits(await (OPENERS["plinth"] as () => Promise<GetOrSet>)(), Number(contender));
  if (caseName === "peek") return openPeek(contender);
  const getOrSet = await (OPENERS[contender] as () => Promise<GetOrSet>)();
  if (caseName === "hit") return openHits(getOrSet, KEYS);
  let fresh = 0;
  if (caseName === "miss") {
    return {
      async run(count) {
        for (let left = count; left > 0; left--) {
          const key = `key ${fresh++ % ROOM}-${fresh}`;
          await getOrSet(key, () => userOf(key));
        }
      },
    };
  }
  return {
    async run(count) {
      for (let left = count; left > 0; left -= CALLERS) {
        const key = `cold ${fresh++}`;
        const make = (): Promise<User> => Promise.resolve(userOf(key));
        await Promise.all(Array.from({ length: CALLERS }, async () => getOrSet(key, make)));
      }
    },
  };
};

async function openHits(getOrSet: GetOrSet, size: number): Promise<MicroSubject> {
  const keys = Array.from({ length: size }, (_, index) => `user:${index}`);
  for (const key of keys) await getOrSet(key, () => userOf(key));
  let at = 0;
  const never = (): User => {
    throw new Error("a hit was none");
  };
  return {
    async run(count) {
      for (let left = count; left > 0; left--) {
        at = (at + 7_919) % size;
        await getOrSet(keys[at] as string, never);
      }
    },
  };
}

async function openPeek(contender: string): Promise<MicroSubject> {
  const keys = Array.from({ length: KEYS }, (_, index) => `user:${index}`);
  let look: (key: string) => User | undefined;
  if (contender === "plinth") {
    const { users } = await openPlinth();
    for (const key of keys) await users.getOrSet(key, () => userOf(key));
    look = (key) => users.peek(key);
  } else {
    const cache = new LRUCache<string, User>({ max: ROOM, ttl: TTL });
    for (const key of keys) cache.set(key, userOf(key));
    look = (key) => cache.get(key);
  }
  let at = 0;
  return {
    run(count) {
      for (let left = count; left > 0; left--) {
        at = (at + 7_919) % KEYS;
        if (look(keys[at] as string) === undefined) throw new Error("a hit was none");
      }
    },
  };
}
