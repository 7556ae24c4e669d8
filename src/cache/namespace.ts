import type { LRUCache } from "lru-cache";
import { currentTransaction } from "../db/transaction-scope.ts";
import type { CacheExplanation, CacheKey, CacheNamespace, Factory, LookupOptions, NullFor, SetOptions } from "./contract.ts";
import type { Counters, ReadOutcome } from "./counters.ts";
import type { Engine } from "./engine.ts";
import type { Entry } from "./entry.ts";
import { explainEntry, explainRead } from "./explain.ts";
import { HardTimeout } from "./hard-timeout.ts";
import type { Invalidator } from "./invalidator.ts";
import { showKey, textOfKey } from "./key.ts";
import type { Lookups } from "./lookup.ts";
import { Making } from "./making.ts";
import { lookupSettings } from "./settings.ts";
import type { Pulse } from "./pulse.ts";
import type { Shelf } from "./shelf.ts";
import type { TransactionTouches } from "./transaction-touches.ts";

/** What a namespace works with. */
export interface NamespaceParts {
  readonly shelf: Shelf;
  readonly lookups: Lookups;
  readonly invalidator: Invalidator;
}

/** The face of a namespace. A hit in memory is synchronous throughout: one look-up, three comparisons, a promise that was made before. */
export class Namespace<Value, Absent extends undefined> implements CacheNamespace<Value, Absent> {
  readonly name: string;
  readonly version: string;
  readonly #engine: Engine;
  readonly #shelf: Shelf;
  readonly #lookups: Lookups;
  readonly #invalidator: Invalidator;
  // perf: what a hit looks at, without the way to it.
  readonly #lru: LRUCache<string, Entry>;
  readonly #pulse: Pulse;
  readonly #counters: Counters;
  readonly #touches: TransactionTouches;

  constructor({ shelf, lookups, invalidator }: NamespaceParts) {
    this.name = shelf.name;
    this.version = shelf.version;
    this.#engine = shelf.engine;
    this.#shelf = shelf;
    this.#lookups = lookups;
    this.#invalidator = invalidator;
    this.#lru = shelf.memory.lru;
    this.#pulse = shelf.engine.pulse;
    this.#counters = shelf.counters;
    this.#touches = shelf.engine.touches;
  }

  peek(key: CacheKey): Value | undefined {
    const id = textOfKey(this.name, key);
    const entry = this.#lru.get(id);
    if (entry === undefined || !this.#isUsable(id, entry)) return undefined;
    this.#countHit();
    return (entry.shared === null ? entry.take() : entry.sharedValue) as Value | undefined;
  }

  get(key: CacheKey): Promise<Value | undefined> {
    const id = textOfKey(this.name, key);
    const entry = this.#lru.get(id);
    if (entry !== undefined && this.#isUsable(id, entry)) return this.#hit(entry) as Promise<Value | undefined>;
    return this.#getSlowly(id) as Promise<Value | undefined>;
  }

  getOrSet(key: CacheKey, factory: Factory<Value | Absent | NullFor<Absent>>, options?: LookupOptions): Promise<Value | Absent> {
    const id = textOfKey(this.name, key);
    const entry = this.#lru.get(id);
    if (entry !== undefined && this.#isUsable(id, entry)) return this.#hit(entry) as Promise<Value | Absent>;
    return this.#getOrSetSlowly(id, factory, options) as Promise<Value | Absent>;
  }

  #isUsable(id: string, entry: Entry): boolean {
    // The time of the last invalidation of anything is the time at which this entry was looked at, or it is looked at again.
    if (entry.checked !== this.#engine.generations.published() && this.#shelf.find(id) !== entry) return false;
    return entry.freshUntil > this.#pulse.now() && !(this.#touches.used && this.#isTouched(id, entry.tags));
  }

  #isTouched(id: string, tags: readonly string[]): boolean {
    const scope = currentTransaction();
    return scope !== undefined && this.#touches.has(scope, this.#shelf.namesOf(id, tags));
  }

  #hit(entry: Entry): Promise<unknown> {
    this.#countHit();
    return entry.shared ?? entry.promise();
  }

  #countHit(): void {
    if (this.#pulse.listening) this.#shelf.count("memory");
    else this.#counters.memoryHits += 1;
  }

  async #getSlowly(id: string): Promise<unknown> {
    if (this.#isTouched(id, this.#shelf.settings.tags)) return undefined;
    const entry = await this.#readStore(id);
    if (entry !== undefined && !this.#isTouched(id, entry.tags)) return entry.promise();
    this.#shelf.count("miss");
    return undefined;
  }

  async #readStore(id: string): Promise<Entry | undefined> {
    const { guard, generations } = this.#engine;
    if (guard?.up !== true) return undefined;
    const born = generations.now();
    const reading = await guard.ask((store) => store.read(this.#shelf.storeKey(id))).catch(() => undefined); // announced by the guard
    const value = reading?.value;
    if (value === undefined || value.freshFor <= 0) return undefined;
    const entry = await this.#shelf.unpack(id, value, born);
    if (entry === undefined) return undefined;
    this.#shelf.keep(id, entry);
    this.#shelf.count("store");
    return entry;
  }

  async #getOrSetSlowly(id: string, factory: Factory<unknown>, options: LookupOptions | undefined): Promise<unknown> {
    const settings = lookupSettings(this.#shelf.settings, options);
    if (currentTransaction() !== undefined) return this.#getInTransaction(id, factory, options);
    let outcome: ReadOutcome = "miss";
    try {
      const found = await this.#lookups.find({ id, factory, settings });
      outcome = found.outcome;
      return await found.entry.promise();
    } finally {
      this.#shelf.count(outcome);
    }
  }

  /**
   * What a transaction has not committed must be seen by nobody else, and what it reads must be what it wrote: it takes committed values from the
   * cache as long as it has not touched them, makes all others itself, and keeps none.
   */
  async #getInTransaction(id: string, factory: Factory<unknown>, options: LookupOptions | undefined): Promise<unknown> {
    const settings = lookupSettings(this.#shelf.settings, options);
    if (!this.#isTouched(id, settings.tags)) {
      const entry = await this.#readStore(id);
      if (entry !== undefined && !this.#isTouched(id, entry.tags)) return entry.promise();
    }
    this.#shelf.count("miss");
    const { counters } = this.#shelf;
    const timeout = new HardTimeout();
    const timer = timeout.start(this.#shelf, id, settings.hardTimeout);
    counters.factoryCalls += 1;
    try {
      // Also a factory that does not heed the signal must let the transaction end.
      const value = await Promise.race([factory(new Making(settings, timeout.signal).context), timeout.over]);
      const parcel = await this.#shelf.pack(id, value, settings);
      return this.#shelf.toEntry(id, parcel, this.#engine.generations.now()).take();
    } catch (thrown) {
      counters.factoryErrors += 1;
      throw thrown;
    } finally {
      timer.cancel();
    }
  }

  async set(key: CacheKey, value: Value, options?: SetOptions): Promise<void> {
    const id = textOfKey(this.name, key);
    const parcel = await this.#shelf.pack(id, value, lookupSettings(this.#shelf.settings, options));
    await this.#invalidator.replace(this.#shelf, id, parcel);
  }

  delete(key: CacheKey): Promise<void> {
    const { namespace, id } = this.#shelf.storeKey(textOfKey(this.name, key));
    return this.#invalidator.invalidate([{ kind: "key", namespace, id }]);
  }

  clear(): Promise<void> {
    return this.#invalidator.invalidate([{ kind: "namespace", namespace: this.name }]);
  }

  async explain(key: CacheKey): Promise<CacheExplanation> {
    const id = textOfKey(this.name, key);
    const { clock, guard, siblings, generations, pulse } = this.#engine;
    const storeKey = this.#shelf.storeKey(id);
    const inspection = await guard?.ask((store) => store.inspect(storeKey)).catch(() => undefined); // down: nothing to be seen
    const entry = this.#lru.peek(id);
    const now = pulse.now();
    const holder = siblings.holder(this.#shelf.leaseSlot(id));
    return {
      namespace: this.name,
      key: showKey(key),
      storageKey: `v:${storeKey.namespace}:${storeKey.version}:${storeKey.id}`,
      version: this.version,
      memory: entry && explainEntry(entry, { now, wall: clock.now(), valid: generations.isCurrent(entry.slots, entry.born) }),
      store: inspection && explainRead(inspection, clock.now()),
      leaseHolder: inspection?.leaseHolder ?? (holder === undefined ? undefined : `thread ${holder}`),
    };
  }
}
