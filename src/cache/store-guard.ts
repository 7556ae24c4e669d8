import { type Clock, type Timer, toError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import { cacheFaults } from "./channels.ts";
import { errors } from "./errors.ts";
import type { CacheStore, InvalidationTarget, StoreKey } from "./store-contract.ts";
import { parseTarget, targetName } from "./target.ts";

export interface GuardOptions {
  readonly store: CacheStore;
  readonly cache: string;
  /** Names the process. */
  readonly origin: string;
  readonly clock: Clock;
  readonly log: Logger | undefined;
  readonly invalidated: (targets: readonly InvalidationTarget[]) => void;
  readonly settled: (key: StoreKey) => void;
}

const ALL: readonly InvalidationTarget[] = [{ kind: "all" }];
/** More names than this are remembered as "everything". */
const MOST_UNSENT = 10_000;
/** How many of them are told at once. */
const BATCH = 500;
const FIRST_RETRY = 100;
const LONGEST_RETRY = 2_000;

/**
 * The one way to the store. After a failure nobody waits for it any more: it is tried again by itself, with growing pauses, and used
 * again once it has been told every invalidation that it missed.
 */
export class StoreGuard {
  readonly #options: GuardOptions;
  readonly #unsent = new Set<string>();
  /** "checking": it answered until now, but news was missed: whoever asks waits for the one attempt that finds out. */
  #state: "up" | "checking" | "down" = "down";
  #failed = false;
  #errors = 0;
  /** News was missed: what memory holds cannot be trusted once the store answers again. */
  #suspect = false;
  #retry: Timer | undefined;
  #pause = FIRST_RETRY;
  #attempt: Promise<void> | undefined;
  #leave: (() => Promise<void>) | undefined;
  #closed = false;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Resolves after the first attempt; a store that is away does not keep a program from starting. */
  async start(): Promise<void> {
    const { store, invalidated, settled } = this.#options;
    this.#closed = false;
    try {
      this.#leave = await store.listen({
        invalidated,
        settled,
        gap: () => this.#missed(),
        ready: () => void this.#recover(),
      });
    } catch (thrown) {
      this.#fail(toError(thrown));
    }
    await this.#recover();
  }

  async stop(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    this.#retry = undefined;
    await this.#attempt;
    this.#state = "down";
    await this.#leave?.();
  }

  get up(): boolean {
    return this.#state !== "down";
  }

  get errors(): number {
    return this.#errors;
  }

  get unsent(): number {
    return this.#unsent.size;
  }

  /**
   * Asks the store.
   *
   * @throws E_CACHE_STORE_DOWN with what the store said as its cause; it is announced and counted
   */
  async ask<Answer>(question: (store: CacheStore) => Promise<Answer>): Promise<Answer> {
    if (this.#state === "checking") await this.#attempt;
    if (this.#state !== "up") throw errors.STORE_DOWN({ cache: this.#options.cache });
    try {
      return await question(this.#options.store);
    } catch (thrown) {
      const cause = toError(thrown);
      this.#fail(cause);
      throw errors.STORE_DOWN({ cache: this.#options.cache }, { cause });
    }
  }

  /**
   * Has something invalidated, now or when the store is back.
   *
   * @returns whether it was done now
   */
  async invalidate(targets: readonly InvalidationTarget[]): Promise<boolean> {
    try {
      await this.ask((store) => store.invalidate(targets));
      return true;
    } catch (thrown) {
      this.remember(targets, toError(thrown));
      return false;
    }
  }

  /** What the store does not know yet, or perhaps does not: to be told when it is back. */
  remember(targets: readonly InvalidationTarget[], error: Error): void {
    for (const target of targets) this.#unsent.add(targetName(target));
    if (this.#unsent.size > MOST_UNSENT) {
      this.#unsent.clear();
      this.#unsent.add("*");
    }
    if (cacheFaults.hasSubscribers)
      cacheFaults.publish({ cache: this.#options.cache, kind: "lost", namespace: undefined, error });
    // A store that came back between the failure and now would never hear of it.
    if (this.#state !== "down") this.#fail(error);
  }

  #missed(): void {
    this.#suspect = true;
    // Whether the store is there decides what to do with memory: without it, memory is all there is.
    if (this.#state === "up") this.#state = "checking";
    void this.#recover();
  }

  #fail(error: Error): void {
    const { cache, log } = this.#options;
    this.#errors += 1;
    this.#state = "down";
    if (cacheFaults.hasSubscribers) cacheFaults.publish({ cache, kind: "store", namespace: undefined, error });
    if (!this.#failed)
      log?.warn({ cache, error }, "the cache's store is away: values are served from memory; it is tried again all the time");
    this.#failed = true;
    this.#schedule();
  }

  #schedule(): void {
    if (this.#closed || this.#retry !== undefined) return;
    this.#retry = this.#options.clock.schedule(this.#pause, () => {
      this.#retry = undefined;
      void this.#recover();
    });
    this.#pause = Math.min(this.#pause * 2, LONGEST_RETRY);
  }

  #recover(): Promise<void> {
    this.#attempt ??= this.#attach().finally(() => {
      this.#attempt = undefined;
    });
    return this.#attempt;
  }

  async #attach(): Promise<void> {
    const { store, origin, cache, log, invalidated } = this.#options;
    if (this.#closed || this.#state === "up") return;
    try {
      await store.attach(origin);
      while (this.#unsent.size > 0) await this.#replay(store);
      if (this.#suspect) invalidated(ALL);
      this.#suspect = false;
      this.#state = "up";
      this.#pause = FIRST_RETRY;
      this.#retry?.cancel();
      this.#retry = undefined;
      if (this.#failed) log?.info({ cache }, "the cache's store is back");
      this.#failed = false;
    } catch (thrown) {
      this.#fail(toError(thrown));
    }
  }

  async #replay(store: CacheStore): Promise<void> {
    const names = [...this.#unsent].slice(0, BATCH);
    const targets = names.map(parseTarget);
    await store.invalidate(targets);
    for (const name of names) this.#unsent.delete(name);
    // What other threads took from the store meanwhile may be what should have been gone.
    this.#options.invalidated(targets);
  }
}
