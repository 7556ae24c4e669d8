import { type Clock, systemClock } from "../core/mod.ts";
import type {
  CacheStore,
  InvalidationTarget,
  LeaseRequest,
  ReadValue,
  StoreInspection,
  StoreKey,
  StoreListener,
  StoreReading,
  StoreStamp,
  StoreWrite,
} from "./store-contract.ts";
import { targetName } from "./target.ts";

interface Kept {
  readonly write: StoreWrite;
  readonly born: number;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

interface Lease {
  readonly token: string;
  readonly until: number;
  awaited: boolean;
}

interface Connection {
  readonly origin: () => string;
  readonly listener: StoreListener;
}

/** A store in this thread's memory, in the place of Redis: for tests. Each `connect` is another machine. */
export interface MemoryStore {
  connect(): CacheStore;
}

/**
 * Makes a store for tests of programs that run on several machines. It grows with its keys: nothing is evicted.
 *
 * @example
 * const machines = createMemoryStore();
 * const one = createCache({ memory: new SegmentTable(), store: machines.connect() });
 * const other = createCache({ memory: new SegmentTable(), store: machines.connect() });
 */
export function createMemoryStore(options: { readonly clock?: Clock } = {}): MemoryStore {
  const shared = new Shared(options.clock ?? systemClock);
  return { connect: () => new ConnectedStore(shared) };
}

/** What all connections see. */
class Shared {
  readonly clock: Clock;
  readonly values = new Map<string, Kept>();
  readonly leases = new Map<string, Lease>();
  readonly marks = new Map<string, number>();
  readonly connections = new Set<Connection>();
  counter = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  isValid(key: StoreKey, born: number, tags: readonly string[]): boolean {
    return [...dependencies(key), ...tags.map((tag) => `t:${tag}`)].every((name) => (this.marks.get(name) ?? 0) <= born);
  }

  /** One that ran out is none. */
  lease(name: string): Lease | undefined {
    const lease = this.leases.get(name);
    return lease !== undefined && lease.until > this.clock.monotonic() ? lease : undefined;
  }

  free(key: StoreKey, token: string): void {
    const lease = this.lease(nameOf(key));
    if (lease?.token !== token) return;
    this.leases.delete(nameOf(key));
    if (lease.awaited) this.tell((listener) => listener.settled(key));
  }

  /** As over a network: later, and to everybody but the origin. */
  tell(message: (listener: StoreListener) => void, except?: string): void {
    for (const { origin, listener } of this.connections) {
      if (except === undefined || origin() !== except) queueMicrotask(() => message(listener));
    }
  }
}

/* eslint-disable typescript/require-await -- what goes wrong must arrive as a rejection, as it does from a network */
class ConnectedStore implements CacheStore {
  readonly name = "cache store in memory";
  readonly #shared: Shared;
  #origin = "";

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  async attach(origin: string): Promise<void> {
    this.#origin = origin;
  }

  async read(key: StoreKey, lease?: LeaseRequest): Promise<StoreReading> {
    const value = this.#find(key);
    if (value !== undefined && value.freshFor > 0) return { value, stamp: undefined, lease: "none" };
    return { value, stamp: String(this.#shared.counter), lease: lease === undefined ? "none" : this.#lease(nameOf(key), lease) };
  }

  #find(key: StoreKey): ReadValue | undefined {
    const kept = this.#shared.values.get(nameOf(key));
    const now = this.#shared.clock.monotonic();
    if (kept === undefined || kept.staleUntil <= now) return undefined;
    if (!this.#shared.isValid(key, kept.born, kept.write.value.tags)) return undefined;
    return { ...kept.write.value, freshFor: kept.freshUntil - now, staleFor: kept.staleUntil - now };
  }

  #lease(name: string, { token, milliseconds }: LeaseRequest): "granted" | "busy" {
    const held = this.#shared.lease(name);
    if (held !== undefined && held.token !== token) {
      held.awaited = true;
      return "busy";
    }
    if (held === undefined)
      this.#shared.leases.set(name, { token, until: this.#shared.clock.monotonic() + milliseconds, awaited: false });
    return "granted";
  }

  async write(key: StoreKey, write: StoreWrite, made: { readonly stamp: StoreStamp; readonly token?: string }): Promise<boolean> {
    const born = Number(made.stamp);
    const newer = (this.#shared.values.get(nameOf(key))?.born ?? 0) > born;
    const stored = !newer && this.#shared.isValid(key, born, write.value.tags);
    if (stored) this.#keep(key, write, born);
    if (made.token !== undefined) this.#shared.free(key, made.token);
    return stored;
  }

  async replace(key: StoreKey, write: StoreWrite): Promise<void> {
    const target: InvalidationTarget = { kind: "key", namespace: key.namespace, id: key.id };
    await this.invalidate([target]);
    this.#keep(key, write, this.#shared.counter);
    if (this.#shared.lease(nameOf(key))?.awaited === true) this.#shared.tell((listener) => listener.settled(key));
  }

  #keep(key: StoreKey, write: StoreWrite, born: number): void {
    const now = this.#shared.clock.monotonic();
    const { freshFor, staleFor } = write;
    this.#shared.values.set(nameOf(key), { write, born, freshUntil: now + freshFor, staleUntil: now + staleFor });
  }

  async release(key: StoreKey, token: string): Promise<void> {
    this.#shared.free(key, token);
  }

  async renew(key: StoreKey, { token, milliseconds }: LeaseRequest): Promise<boolean> {
    const held = this.#shared.lease(nameOf(key));
    if (held?.token !== token) return false;
    this.#shared.leases.set(nameOf(key), { ...held, until: this.#shared.clock.monotonic() + milliseconds });
    return true;
  }

  async invalidate(targets: readonly InvalidationTarget[]): Promise<void> {
    this.#shared.counter += 1;
    for (const target of targets) this.#shared.marks.set(targetName(target), this.#shared.counter);
    this.#shared.tell((listener) => listener.invalidated(targets), this.#origin);
  }

  async inspect(key: StoreKey): Promise<StoreInspection> {
    const value = this.#find(key);
    const kept = this.#shared.values.get(nameOf(key));
    const invalid = value === undefined && kept !== undefined && kept.staleUntil > this.#shared.clock.monotonic();
    return { value, invalid, leaseHolder: this.#shared.lease(nameOf(key))?.token };
  }

  async listen(listener: StoreListener): Promise<() => Promise<void>> {
    const connection: Connection = { origin: () => this.#origin, listener };
    this.#shared.connections.add(connection);
    return async () => void this.#shared.connections.delete(connection);
  }
}

const nameOf = ({ namespace, version, id }: StoreKey): string => `${namespace}:${version}:${id}`;

const dependencies = ({ namespace, id }: StoreKey): readonly string[] => ["*", `n:${namespace}`, `k:${namespace}:${id}`];
