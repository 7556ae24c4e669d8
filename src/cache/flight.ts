import { randomUUID } from "node:crypto";
import { currentContext, runInContext, toError } from "../core/mod.ts";
import { type CacheFill, cacheFills, cacheLeaseWaits } from "./channels.ts";
import type { Factory } from "./contract.ts";
import type { ReadOutcome } from "./counters.ts";
import type { Entry } from "./entry.ts";
import { HardTimeout } from "./hard-timeout.ts";
import { Making } from "./making.ts";
import type { LookupSettings } from "./settings.ts";
import type { Parcel, Shelf } from "./shelf.ts";
import type { LeaseRequest, StoreKey, StoreReading, StoreStamp } from "./store-contract.ts";

/** A value, and how it was come by. */
export interface Found {
  readonly entry: Entry;
  readonly outcome: ReadOutcome;
}

/** Who waits for a flight. */
export interface Follower {
  /** A stale value was found on the way. */
  stale(entry: Entry): void;
  done(found: Found): void;
  failed(error: Error): void;
}

export interface FlightOptions {
  readonly shelf: Shelf;
  readonly id: string;
  readonly factory: Factory<unknown>;
  readonly settings: LookupSettings;
}

interface StoreLease {
  readonly stamp: StoreStamp;
  readonly token: string;
}

interface StoreOutcome {
  /** Whether the store answered. */
  readonly asked: boolean;
  readonly entry?: Entry;
  readonly lease?: StoreLease;
  /** Nobody needs to be waited for. */
  readonly again?: boolean;
}

/** Waiting for another machine: it says when it is done, unless it dies; then its lease runs out. */
const LOOK_EVERY = 100;

/**
 * One making of a value, for all callers of this thread that ask for it meanwhile: looks into the store, gets the lease or waits for whoever has
 * it, runs the factory, keeps what it gave.
 */
export class Flight {
  /** The time of generations at which it began: its data are from then or later. */
  readonly born: bigint;
  readonly #options: FlightOptions;
  readonly #followers = new Set<Follower>();
  readonly #timeout = new HardTimeout();
  readonly #token: string;
  #wake: (() => void) | undefined;
  #ended = false;
  #stale: Entry | undefined;

  constructor(options: FlightOptions) {
    this.#options = options;
    const { engine } = options.shelf;
    this.born = engine.generations.now();
    this.#token = `${engine.holder}/${randomUUID()}`;
  }

  /** Runs to its end. Never rejects: followers are told. */
  async run(): Promise<void> {
    const { shelf, settings, id } = this.#options;
    const timer = this.#timeout.start(shelf, id, settings.hardTimeout);
    try {
      const found = await this.#obtain();
      this.#ended = true;
      for (const follower of this.#followers) follower.done(found);
    } catch (thrown) {
      this.#ended = true;
      for (const follower of this.#followers) follower.failed(toError(thrown));
    } finally {
      timer.cancel();
    }
  }

  get ended(): boolean {
    return this.#ended;
  }

  follow(follower: Follower): void {
    this.#followers.add(follower);
    if (this.#stale !== undefined) follower.stale(this.#stale);
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
  }

  /** Whether nothing that is known to invalidate the value has happened since it began: whoever asks now may join. */
  isCurrent(): boolean {
    const { shelf, id, settings } = this.#options;
    return shelf.engine.generations.isCurrent(shelf.slotsOf(id, settings.tags), this.born);
  }

  /** The store says that the value is there, or its lease is free. */
  wake(): void {
    this.#wake?.();
  }

  async #obtain(): Promise<Found> {
    const { shelf, id } = this.#options;
    const key = shelf.storeKey(id);
    const slot = shelf.leaseSlot(id);
    const { siblings } = shelf.engine;
    for (;;) {
      this.#timeout.signal.throwIfAborted();
      const outcome = await this.#askStore(key);
      if (outcome.entry !== undefined) return { entry: outcome.entry, outcome: "store" };
      if (outcome.lease !== undefined) return { entry: await this.#makeWithLease(key, outcome.lease), outcome: "miss" };
      if (outcome.asked) {
        if (outcome.again !== true) await this.#pause();
        continue;
      }
      if (siblings.acquire(slot)) return this.#makeAlone(slot);
      this.#announceWait();
      await Promise.race([siblings.news(slot), this.#timeout.over]);
      const found = shelf.findFresh(id);
      if (found !== undefined) return { entry: found, outcome: "memory" };
    }
  }

  async #askStore(key: StoreKey): Promise<StoreOutcome> {
    const { shelf, id } = this.#options;
    const { guard, generations, leaseTime } = shelf.engine;
    if (guard?.up !== true) return { asked: false };
    const born = generations.now();
    let reading: StoreReading;
    try {
      reading = await guard.ask((store) => store.read(key, this.#lease(leaseTime)));
    } catch {
      return { asked: false }; // announced and counted by the guard
    }
    const entry = reading.value === undefined ? undefined : await shelf.unpack(id, reading.value, born);
    if (entry !== undefined) {
      shelf.keep(id, entry);
      if (reading.lease === "none") return { asked: true, entry };
      this.#stale = entry;
      for (const follower of this.#followers) follower.stale(entry);
    }
    const { stamp } = reading;
    if (reading.lease === "granted" && stamp !== undefined) return { asked: true, lease: { stamp, token: this.#token } };
    if (reading.lease === "busy") return { asked: true };
    // Fresh, and it cannot be read: away with it, and once more.
    return { asked: await guard.invalidate([{ kind: "key", namespace: key.namespace, id: key.id }]), again: true };
  }

  #lease(milliseconds: number): LeaseRequest {
    return { token: this.#token, milliseconds };
  }

  async #pause(): Promise<void> {
    this.#announceWait();
    const { clock } = this.#options.shelf.engine;
    const woken = Promise.withResolvers<void>();
    this.#wake = woken.resolve;
    const timer = clock.schedule(LOOK_EVERY * (0.5 + Math.random()), woken.resolve);
    try {
      await Promise.race([woken.promise, this.#timeout.over]);
    } finally {
      timer.cancel();
      this.#wake = undefined;
    }
  }

  #announceWait(): void {
    const { shelf, id } = this.#options;
    shelf.counters.leaseWaits += 1;
    if (cacheLeaseWaits.hasSubscribers) cacheLeaseWaits.publish({ cache: shelf.engine.name, namespace: shelf.name, key: id });
  }

  /** Without a store: the lease is among the threads of this process. */
  async #makeAlone(slot: number): Promise<Found> {
    const { shelf, id } = this.#options;
    const { siblings } = shelf.engine;
    try {
      await siblings.caughtUp(slot);
      const found = shelf.findFresh(id);
      if (found !== undefined) return { entry: found, outcome: "memory" };
      return { entry: await this.#make(undefined), outcome: "miss" };
    } finally {
      siblings.release(slot);
    }
  }

  async #makeWithLease(key: StoreKey, lease: StoreLease): Promise<Entry> {
    const { guard, clock, leaseTime } = this.#options.shelf.engine;
    const renew = (): void => {
      timer = clock.schedule(leaseTime / 3, renew);
      guard?.ask((store) => store.renew(key, this.#lease(leaseTime))).catch(() => undefined); // announced by the guard
    };
    let timer = clock.schedule(leaseTime / 3, renew);
    let kept = false;
    try {
      return await this.#make(async (parcel) => {
        kept = true;
        return this.#options.shelf.write(key, parcel, lease);
      });
    } finally {
      timer.cancel();
      // Nobody waits for it: when it fails, the lease runs out.
      if (!kept) guard?.ask((store) => store.release(key, lease.token)).catch(() => undefined);
    }
  }

  async #make(write: ((parcel: Parcel) => Promise<boolean>) | undefined): Promise<Entry> {
    const { shelf, id, factory, settings } = this.#options;
    const { clock, generations } = shelf.engine;
    const started = clock.monotonic();
    const born = generations.now();
    const making = new Making(settings, this.#timeout.signal);
    let outcome: CacheFill["outcome"] = "failed";
    let error: Error | undefined;
    shelf.counters.factoryCalls += 1;
    try {
      const value = await Promise.race([this.#callFactory(making, factory), this.#timeout.over]);
      const parcel = await shelf.pack(id, value, making.keep);
      const entry = shelf.toEntry(id, parcel, born);
      outcome = making.skipped || parcel.freshFor === 0 ? "skipped" : await this.#keep(entry, parcel, write);
      return entry;
    } catch (thrown) {
      error = toError(thrown);
      if (this.#timeout.signal.aborted) outcome = "timeout";
      shelf.counters.factoryErrors += 1;
      throw error;
    } finally {
      const { name: namespace } = shelf;
      const milliseconds = clock.monotonic() - started;
      if (cacheFills.hasSubscribers)
        cacheFills.publish({ cache: shelf.engine.name, namespace, key: id, outcome, error, milliseconds });
    }
  }

  async #keep(
    entry: Entry,
    parcel: Parcel,
    write: ((parcel: Parcel) => Promise<boolean>) | undefined,
  ): Promise<"stored" | "refused"> {
    const { shelf, id } = this.#options;
    const accepted = write === undefined || (await write(parcel));
    if (!accepted || !shelf.keep(id, entry)) {
      shelf.counters.refused += 1;
      return "refused";
    }
    if (shelf.engine.guard?.up !== true) shelf.share(id, parcel, entry);
    return "stored";
  }

  /** The factory works for all who wait: neither the deadline nor the departure of the one who came first ends it. */
  async #callFactory(making: Making, factory: Factory<unknown>): Promise<unknown> {
    const context = currentContext();
    if (context === undefined) return factory(making.context);
    const { id, operation, principalId, address, traceId, spanId } = context;
    const { signal } = this.#timeout;
    const deadline = this.#options.shelf.engine.clock.monotonic() + this.#options.settings.hardTimeout;
    const own = { id, operation, principalId, address, traceId, spanId, deadline, signal };
    return runInContext(own, async () => factory(making.context));
  }
}
