import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Fault, toError } from "../core/mod.ts";
import { type CacheFault, cacheFaults, cacheReads } from "./channels.ts";
import { decode, encode } from "./codec.ts";
import { Counters, type ReadOutcome } from "./counters.ts";
import type { Engine } from "./engine.ts";
import { Entry } from "./entry.ts";
import { errors } from "./errors.ts";
import type { Slots } from "./generation-table.ts";
import { storableName } from "./key.ts";
import type { NamespaceMemory } from "./memory-tier.ts";
import type { KeepSettings, NamespaceSettings } from "./settings.ts";
import type { ReadValue, StoreKey, StoreStamp, StoreWrite } from "./store-contract.ts";
import { targetName } from "./target.ts";
import type { SharedValue } from "./thread-siblings.ts";

export interface ShelfOptions {
  readonly name: string;
  readonly version: string;
  readonly settings: NamespaceSettings;
  readonly schema: StandardSchemaV1 | undefined;
}

/** A value that is ready to be kept: in memory, in the store, and by other threads. */
export interface Parcel {
  readonly bytes: Uint8Array;
  readonly negative: boolean;
  readonly tags: readonly string[];
  readonly freshFor: number;
  readonly staleFor: number;
}

/** The values of one namespace in this thread, and how they get in and out. */
export class Shelf {
  readonly name: string;
  readonly version: string;
  readonly settings: NamespaceSettings;
  readonly memory: NamespaceMemory;
  readonly counters: Counters = new Counters();
  readonly engine: Engine;
  readonly #schema: StandardSchemaV1 | undefined;
  #schemaProven = false;

  constructor(engine: Engine, options: ShelfOptions) {
    this.engine = engine;
    this.name = options.name;
    this.version = options.version;
    this.settings = options.settings;
    this.#schema = options.schema;
    this.memory = engine.memory.open();
  }

  count(outcome: ReadOutcome): void {
    const { counters, engine } = this;
    if (outcome === "memory") counters.memoryHits += 1;
    else if (outcome === "store") counters.storeHits += 1;
    else if (outcome === "stale") counters.staleHits += 1;
    else counters.misses += 1;
    if (cacheReads.hasSubscribers) cacheReads.publish({ cache: engine.name, namespace: this.name, outcome });
  }

  storeKey(id: string): StoreKey {
    return { namespace: this.name, version: this.version, id: storableName(id) };
  }

  /** What can invalidate a value besides its tags, by name: what a transaction has touched is compared with them. */
  namesOf(id: string, tags: readonly string[]): readonly string[] {
    const key = targetName({ kind: "key", namespace: this.name, id: storableName(id) });
    return ["*", `n:${this.name}`, key, ...tags.map((tag) => `t:${tag}`)];
  }

  slotsOf(id: string, tags: readonly string[]): Slots {
    return this.namesOf(id, tags).map((name) => this.engine.generations.slotOf(name));
  }

  /** The value in memory, if nothing has invalidated it: fresh, stale or expired. One that was invalidated goes. */
  find(id: string): Entry | undefined {
    const entry = this.memory.lru.get(id);
    if (entry === undefined) return undefined;
    const { generations } = this.engine;
    const published = generations.published();
    if (entry.checked === published) return entry;
    if (!generations.isCurrent(entry.slots, entry.born)) {
      this.memory.lru.delete(id);
      return undefined;
    }
    entry.checked = published;
    return entry;
  }

  findFresh(id: string): Entry | undefined {
    const entry = this.find(id);
    return entry !== undefined && entry.freshUntil > this.engine.pulse.now() ? entry : undefined;
  }

  /** A value that is not fresh and may still be served. */
  findStale(id: string): Entry | undefined {
    const entry = this.find(id);
    return entry !== undefined && entry.staleUntil > this.engine.pulse.now() ? entry : undefined;
  }

  /** Keeps an entry in memory, unless what is there is newer or something has invalidated it. @returns whether it is valid */
  keep(id: string, entry: Entry): boolean {
    const { generations } = this.engine;
    const published = generations.published();
    if (!generations.isCurrent(entry.slots, entry.born)) return false;
    const there = this.memory.lru.peek(id);
    if (there !== undefined && there.born > entry.born) return true;
    entry.checked = published;
    this.memory.set(id, entry);
    return true;
  }

  /**
   * Checks a value and writes it down.
   *
   * @param value `undefined` or `null` for a negative
   * @throws E_CACHE_VALUE_INVALID, E_CACHE_VALUE_UNSTORABLE
   */
  async pack(id: string, value: unknown, keep: KeepSettings): Promise<Parcel> {
    const negative = value === undefined || value === null;
    const ttl = negative ? (this.settings.negativeTtl ?? 0) : keep.ttl;
    const freshFor = ttl * (1 - this.settings.jitter * Math.random());
    const times = { negative, tags: keep.tags, freshFor, staleFor: freshFor + (negative ? 0 : keep.grace) };
    if (negative) return { ...times, bytes: new Uint8Array(0) };
    const checked = await this.#check(id, value);
    try {
      return { ...times, bytes: encode(checked) };
    } catch (thrown) {
      const cause = toError(thrown);
      throw errors.VALUE_UNSTORABLE({ namespace: this.name, key: id, reason: cause.message }, { cause });
    }
  }

  async #check(id: string, value: unknown): Promise<unknown> {
    if (this.#schema === undefined) return value;
    const output = await this.#validate(this.#schema, id, value);
    // What is read from the store passes the schema again: one that refuses its own output would make every read a miss.
    if (!this.#schemaProven) await this.#validate(this.#schema, id, output);
    this.#schemaProven = true;
    return output;
  }

  async #validate(schema: StandardSchemaV1, id: string, value: unknown): Promise<unknown> {
    const result = await schema["~standard"].validate(value);
    if (result.issues === undefined) return result.value;
    const faults = result.issues.map(toFault);
    throw errors.VALUE_INVALID({ namespace: this.name, key: id, faults }, { faults });
  }

  toEntry(id: string, parcel: Parcel, born: bigint): Entry {
    const { clock, pulse } = this.engine;
    const now = clock.monotonic();
    return new Entry(
      {
        bytes: parcel.bytes,
        negative: parcel.negative,
        tags: parcel.tags,
        freshUntil: pulse.at(now + parcel.freshFor),
        staleUntil: pulse.at(now + parcel.staleFor),
        createdAt: clock.now(),
        born,
        slots: this.slotsOf(id, parcel.tags),
      },
      this.settings.copy,
    );
  }

  /**
   * Gives a value to the store.
   *
   * @returns false when the store refused it, because something has invalidated it; true also when the store is away: then it is kept in memory alone
   */
  async write(key: StoreKey, parcel: Parcel, made: { readonly stamp: StoreStamp; readonly token: string }): Promise<boolean> {
    const { guard } = this.engine;
    if (guard === undefined) return true;
    try {
      return await guard.ask((store) => store.write(key, this.toWrite(parcel), made));
    } catch {
      return true; // announced and counted by the guard
    }
  }

  toWrite({ bytes: payload, negative, tags, freshFor, staleFor }: Parcel): StoreWrite {
    return { value: { payload, negative, tags, createdAt: this.engine.clock.now() }, freshFor, staleFor };
  }

  /** Hands a value to the other threads. */
  share(id: string, { bytes, negative, tags }: Parcel, entry: Entry): void {
    const { siblings, pulse } = this.engine;
    const { createdAt, born } = entry;
    const freshUntil = pulse.monotonic(entry.freshUntil);
    const staleUntil = pulse.monotonic(entry.staleUntil);
    const { name: namespace, version } = this;
    const slot = this.leaseSlot(id);
    siblings.share(slot, { namespace, version, id, bytes, negative, tags, freshUntil, staleUntil, createdAt, born });
  }

  leaseSlot(id: string): number {
    const { generations, siblings } = this.engine;
    return siblings.slotOf(generations.slotOf(`${this.version}:${this.name}:${id}`));
  }

  /** What another thread hands over. */
  receive(value: SharedValue): void {
    if (value.version !== this.version) return;
    const { pulse } = this.engine;
    const freshUntil = pulse.at(value.freshUntil);
    const staleUntil = pulse.at(value.staleUntil);
    const slots = this.slotsOf(value.id, value.tags);
    this.keep(value.id, new Entry({ ...value, freshUntil, staleUntil, slots }, this.settings.copy));
  }

  /**
   * A value that the store gave, checked; undefined when it cannot be used, which is announced and counted.
   *
   * @param born a time of generations before the store was asked
   */
  async unpack(id: string, read: ReadValue, born: bigint): Promise<Entry | undefined> {
    try {
      const payload = read.negative ? read.payload : await this.#recheck(id, read.payload);
      const { negative, tags, createdAt } = read;
      const { clock, pulse } = this.engine;
      const now = clock.monotonic();
      const times = { freshUntil: pulse.at(now + read.freshFor), staleUntil: pulse.at(now + read.staleFor), createdAt, born };
      return new Entry({ bytes: payload, negative, tags, ...times, slots: this.slotsOf(id, tags) }, this.settings.copy);
    } catch (thrown) {
      this.counters.corrupt += 1;
      const fault: CacheFault = { cache: this.engine.name, kind: "corrupt", namespace: this.name, error: toError(thrown) };
      if (cacheFaults.hasSubscribers) cacheFaults.publish(fault);
      return undefined;
    }
  }

  /** The bytes are what the schema once gave; that it still accepts them is all that is asked. */
  async #recheck(id: string, payload: Uint8Array): Promise<Uint8Array> {
    const value = decode(payload);
    if (this.#schema !== undefined) await this.#validate(this.#schema, id, value);
    return payload;
  }
}

function toFault({ message, path = [] }: StandardSchemaV1.Issue): Fault {
  const steps = path.map((step) => String(typeof step === "object" ? step.key : step));
  return {
    in: "value",
    pointer: steps.map((step) => `/${step.replaceAll("~", "~0").replaceAll("/", "~1")}`).join(""),
    detail: message,
  };
}
