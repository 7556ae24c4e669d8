import { type Clock, type Timer, currentContext } from "../core/mod.ts";
import type { PoolState } from "./contract.ts";
import { errors } from "./errors.ts";

/** What a pool holds. */
export interface Poolable {
  /** Thrown away instead of kept. */
  readonly broken: boolean;
  close(): Promise<void>;
  destroy(): void;
}

export interface PoolOptions<Item> {
  readonly clock: Clock;
  readonly size: number;
  /** Milliseconds to wait for an item. */
  readonly acquireTimeout: number;
  /** Milliseconds after which an unused item is closed. */
  readonly idleTimeout: number;
  /** Milliseconds after which an item is replaced. */
  readonly maxLifetime: number;
  readonly connect: () => Promise<Item>;
  /** Told whenever {@link Pool.state} has changed. */
  readonly changed: () => void;
  /** The service's name, for errors. */
  readonly database: string;
}

/** Kept as long as its item: lending and giving back change it and make nothing new. */
interface Entry<Item> {
  readonly item: Item;
  /** When it is to be replaced. */
  readonly bornUntil: number;
  isLent: boolean;
  /** To be closed when it comes back. */
  isOld: boolean;
  /** Rounds of the reaper that it has seen while it was idle. */
  idleRounds: number;
}

interface Waiter<Item> {
  readonly give: (item: Item) => void;
  readonly fail: (error: unknown) => void;
}

/** How often unused items are looked at, in milliseconds. */
const REAP_INTERVAL = 5_000;

/**
 * A bounded set of connections. Whoever waits is served in the order of coming and never longer than the time-out. The connection used last is
 * handed out first, so its prepared statements stay warm and the others can grow idle.
 */
export class Pool<Item extends Poolable> {
  readonly #options: PoolOptions<Item>;
  readonly #entries = new Map<Item, Entry<Item>>();
  readonly #idle: Entry<Item>[] = [];
  readonly #waiters = new Set<Waiter<Item>>();
  #connecting = 0;
  #reaper: Timer | undefined;
  #stopped = false;
  #drained: (() => void) | undefined;

  constructor(options: PoolOptions<Item>) {
    this.#options = options;
  }

  get state(): PoolState {
    return {
      open: this.#entries.size + this.#connecting,
      idle: this.#idle.length,
      waiting: this.#waiters.size,
      size: this.#options.size,
    };
  }

  /** A connection that is free at this moment; there is none while somebody waits. Give it back with {@link release}. */
  take(): Item | undefined {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      if (!entry.item.broken) {
        entry.isLent = true;
        return entry.item;
      }
      this.#drop(entry.item);
      this.#options.changed();
    }
    return undefined;
  }

  /**
   * A connection, once one is free.
   *
   * @param deadline gives up then, in the clock's monotonic milliseconds
   * @param timeout milliseconds to wait at most
   * @throws E_DB_POOL_EXHAUSTED, E_DB_CANCELLED, E_DB_STOPPED, or whatever connecting failed with
   */
  async acquire(deadline: number = Infinity, timeout: number = this.#options.acquireTimeout): Promise<Item> {
    if (this.#stopped) throw errors.STOPPED({ database: this.#options.database });
    const free = this.take();
    if (free !== undefined) return free;
    const { promise, resolve, reject } = Promise.withResolvers<Item>();
    const waiter: Waiter<Item> = { give: resolve, fail: reject };
    const leave = (): void => this.#giveUp(waiter, errors.CANCELLED({}));
    const { clock } = this.#options;
    const context = currentContext();
    const patience = Math.max(0, Math.min(timeout, Math.min(deadline, context?.deadline ?? Infinity) - clock.monotonic()));
    const timer = clock.schedule(patience, () => this.#giveUp(waiter, this.#exhausted(patience)));
    context?.signal.addEventListener("abort", leave, { once: true });
    this.#waiters.add(waiter);
    if (context?.signal.aborted === true) leave();
    this.#grow();
    this.#options.changed();
    try {
      return await promise;
    } finally {
      timer.cancel();
      context?.signal.removeEventListener("abort", leave);
      this.#options.changed();
    }
  }

  #exhausted(milliseconds: number): Error {
    const details = { milliseconds: Math.round(milliseconds), size: this.#options.size };
    return errors.POOL_EXHAUSTED(details, { headers: { "Retry-After": "1" } });
  }

  #giveUp(waiter: Waiter<Item>, error: Error): void {
    this.#waiters.delete(waiter);
    waiter.fail(error);
  }

  /** Gives a connection back. */
  release(item: Item): void {
    const entry = this.#entries.get(item);
    if (entry?.isLent !== true) return;
    entry.isLent = false;
    if (item.broken) this.#drop(item);
    else if (this.#stopped || (entry.isOld && this.#waiters.size === 0)) void this.#close(item);
    else return this.#hand(entry);
    this.#grow();
    this.#options.changed();
    this.#noteDrained();
  }

  #hand(entry: Entry<Item>): void {
    if (this.#waiters.size > 0) {
      for (const waiter of this.#waiters) {
        this.#waiters.delete(waiter);
        entry.isLent = true;
        return waiter.give(entry.item);
      }
    }
    entry.idleRounds = 0;
    this.#idle.push(entry);
    this.#reaper ??= this.#options.clock.schedule(REAP_INTERVAL, () => this.#reap());
  }

  /** Opens connections for those who wait, as far as there is room. */
  #grow(): void {
    const { size } = this.#options;
    while (!this.#stopped && this.#connecting < this.#waiters.size && this.#entries.size + this.#connecting < size) {
      this.#connecting += 1;
      void this.#connect();
    }
  }

  async #connect(): Promise<void> {
    try {
      const item = await this.#options.connect();
      this.#connecting -= 1;
      const bornUntil = this.#options.clock.monotonic() + this.#lifetime();
      const entry: Entry<Item> = { item, bornUntil, isLent: false, isOld: false, idleRounds: 0 };
      if (this.#stopped) void this.#close(item);
      else {
        this.#entries.set(item, entry);
        this.#hand(entry);
      }
    } catch (error) {
      this.#connecting -= 1;
      // Each failed attempt answers one of those who wait, so that nobody waits for a server that is away.
      for (const waiter of this.#waiters) {
        this.#giveUp(waiter, error as Error);
        break;
      }
      this.#grow();
    }
    this.#options.changed();
    this.#noteDrained();
  }

  /** Spread over a tenth, so that connections opened together are not replaced together. */
  #lifetime(): number {
    return this.#options.maxLifetime * (1 - Math.random() / 10);
  }

  /** Looks at all connections, so that nobody has to look at the clock when one is lent or given back. */
  #reap(): void {
    this.#reaper = undefined;
    const now = this.#options.clock.monotonic();
    const patience = Math.ceil(this.#options.idleTimeout / REAP_INTERVAL);
    for (const entry of this.#entries.values()) {
      entry.isOld = now >= entry.bornUntil;
      entry.idleRounds += 1;
    }
    const kept = this.#idle.filter(({ item, isOld, idleRounds }) => {
      if (item.broken) this.#drop(item);
      else if (isOld || idleRounds > patience) void this.#close(item);
      else return true;
      return false;
    });
    if (kept.length < this.#idle.length) {
      this.#idle.splice(0, this.#idle.length, ...kept);
      this.#options.changed();
    }
    if (this.#entries.size > 0 && !this.#stopped) this.#reaper = this.#options.clock.schedule(REAP_INTERVAL, () => this.#reap());
  }

  /**
   * Hands out nothing more, waits until everything is given back, and closes it.
   *
   * @param signal ends the wait: what is still lent is then destroyed
   */
  async stop(signal?: AbortSignal): Promise<void> {
    this.#stopped = true;
    this.#reaper?.cancel();
    for (const waiter of this.#waiters) this.#giveUp(waiter, errors.STOPPED({ database: this.#options.database }));
    const closing = this.#idle.splice(0).map((entry) => this.#close(entry.item));
    if (this.#lent + this.#connecting > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#drained = resolve;
      signal?.addEventListener("abort", () => resolve(), { once: true });
      if (signal?.aborted === true) resolve();
      await promise;
    }
    for (const { item, isLent } of this.#entries.values()) if (isLent) item.destroy();
    await Promise.all(closing);
  }

  get #lent(): number {
    return this.#entries.size - this.#idle.length;
  }

  #noteDrained(): void {
    if (this.#stopped && this.#lent + this.#connecting === 0) this.#drained?.();
  }

  #drop(item: Item): void {
    this.#entries.delete(item);
    item.destroy();
  }

  async #close(item: Item): Promise<void> {
    this.#entries.delete(item);
    try {
      await item.close();
    } catch {
      item.destroy(); // it was to go anyway
    }
  }
}
