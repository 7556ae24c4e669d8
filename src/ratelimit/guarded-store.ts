import { type Clock, toError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import { Breaker } from "./breaker.ts";
import { limitDegraded, storeChanged } from "./channels.ts";
import type { LimitDraw, LimitMeter, LimitPolicy, LimitReading, LimitStore } from "./contract.ts";
import { undecided } from "./counting.ts";
import type { Memory } from "./redis-store.ts";
import type { SharedStore } from "./shared-store.ts";
import { StoreMeter } from "./store-meter.ts";

/** A store of all machines, which may be away. */
export interface RemoteStore extends LimitStore {
  takeAll(draws: readonly LimitDraw[], memory?: Memory): Promise<readonly LimitReading[]>;
  peekAll(draws: readonly LimitDraw[], memory?: Memory): Promise<readonly LimitReading[]>;
  giveBack(draws: readonly LimitDraw[], readings: readonly LimitReading[]): Promise<void>;
}

export interface GuardedStoreOptions {
  /** What it is called: `redis` or `sql`. */
  readonly name: string;
  readonly remote: RemoteStore;
  /** Counts while the other is away, and remembers what the other last said of a key. */
  readonly local: SharedStore;
  /** Milliseconds after which a store that does not answer is taken to be away; none for one that sees to that itself. */
  readonly timeout: number | undefined;
  readonly clock: Clock;
  readonly log: Logger | undefined;
}

/**
 * A store that may be away, and what is done then: each policy as it says. The first call that fails, or waits too long, is the last to wait; from
 * then on nobody asks the store until it has answered a probe.
 *
 * What the store says of a key is remembered in the memory of the process. So counting goes on from there while the store is away; and a store that
 * comes back without its data is told what is known of each key that it does not know.
 */
export class GuardedStore implements LimitStore {
  readonly #options: GuardedStoreOptions;
  readonly #breaker: Breaker;
  readonly #memory: Memory;
  #degraded = 0;

  constructor(options: GuardedStoreOptions) {
    this.#options = options;
    this.#breaker = new Breaker({
      clock: options.clock,
      probe: () => this.#bounded(options.remote.takeAll([PROBE])),
      changed: (state, error) => this.#changed(state, error),
    });
    this.#memory = ({ policy, key }) => options.local.meter(policy).known(key);
  }

  /** Whether the store is taken to be away. */
  get isDown(): boolean {
    return this.#breaker.isOpen;
  }

  meter(policy: LimitPolicy): LimitMeter {
    return new StoreMeter(this, policy);
  }

  takeAll(draws: readonly LimitDraw[]): readonly LimitReading[] | Promise<readonly LimitReading[]> {
    if (this.#breaker.isOpen) return this.#degrade(draws);
    return this.#bounded(this.#options.remote.takeAll(draws, this.#memory)).then(
      (readings) => this.#learn(draws, readings),
      (thrown: unknown) => {
        this.#breaker.trip(toError(thrown));
        return this.#degrade(draws);
      },
    );
  }

  /** @throws what the store throws: for those who want to know what it says, there is nothing to fall back on */
  peekAll(draws: readonly LimitDraw[]): Promise<readonly LimitReading[]> {
    return this.#bounded(this.#options.remote.peekAll(draws, this.#memory));
  }

  /** Never rejects: what cannot be given back stays taken. */
  async giveBack(draws: readonly LimitDraw[], readings: readonly LimitReading[]): Promise<void> {
    const { local, remote } = this.#options;
    const pairs = draws.map((draw, index) => ({ draw, reading: readings[index] as LimitReading }));
    const own = pairs.filter(({ reading }) => reading.degraded === "local");
    local.giveBack(
      own.map(({ draw }) => draw),
      own.map(({ reading }) => reading),
    );
    const theirs = pairs.filter(({ reading }) => reading.degraded === undefined);
    if (theirs.length === 0 || this.#breaker.isOpen) return;
    const drawn = theirs.map(({ draw }) => draw);
    try {
      await this.#bounded(
        remote.giveBack(
          drawn,
          theirs.map(({ reading }) => reading),
        ),
      );
      // From what is remembered too, and no more: it may have to stand in for the store's.
      for (const { draw, reading } of theirs) this.#unlearn(draw, reading);
    } catch (thrown) {
      this.#breaker.trip(toError(thrown));
    }
  }

  async reset(policy: LimitPolicy, key: string): Promise<void> {
    this.#options.local.reset(policy, key);
    await this.#bounded(Promise.resolve(this.#options.remote.reset(policy, key)));
  }

  stop(): void {
    this.#breaker.stop();
  }

  #learn(draws: readonly LimitDraw[], readings: readonly LimitReading[]): readonly LearntReading[] {
    return readings.map((reading, index) => {
      const { policy, key } = draws[index] as LimitDraw;
      if (reading.used === 0) return reading;
      return { ...reading, learnt: this.#options.local.meter(policy).learn(key, reading.used) };
    });
  }

  #unlearn({ policy, key, cost }: LimitDraw, { allowed, learnt }: LearntReading): void {
    if (allowed && learnt !== undefined) this.#options.local.meter(policy).giveBack(key, cost, learnt);
  }

  /** A policy that denies refuses the whole call, so nothing is taken for the others. */
  #degrade(draws: readonly LimitDraw[]): readonly LimitReading[] {
    this.#degraded += 1;
    for (const { policy, degrade = "local" } of draws)
      if (limitDegraded.hasSubscribers) limitDegraded.publish({ policy: policy.name, mode: degrade });
    const counted = draws.filter(({ degrade = "local" }) => degrade === "local");
    const denies = draws.some(({ degrade, shadow }) => degrade === "deny" && shadow !== true);
    const { local } = this.#options;
    const readings = (denies ? local.peekAll(counted) : local.takeAll(counted)).values();
    return draws.map(({ policy, degrade = "local" }): LimitReading => {
      if (degrade === "deny") return { ...undecided(policy), degraded: degrade };
      if (degrade === "allow") return { ...UNCOUNTED, degraded: degrade };
      return { ...(readings.next().value as LimitReading), degraded: degrade };
    });
  }

  /** Bounds what a store takes that has no time-out of its own; it goes on unobserved. */
  async #bounded<Result>(work: Promise<Result>): Promise<Result> {
    const { clock, name, timeout } = this.#options;
    if (timeout === undefined) return work;
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = clock.schedule(timeout, () => reject(new Error(`${name} has not answered within ${timeout} ms`)));
    try {
      return await Promise.race([work, promise]);
    } finally {
      timer.cancel();
    }
  }

  #changed(state: "up" | "down", error: Error | undefined): void {
    const { log, name } = this.#options;
    if (storeChanged.hasSubscribers) storeChanged.publish({ store: name, state, error });
    if (state === "down") {
      this.#degraded = 0;
      log?.warn({ store: name, error }, "the store of limits is away: each limit degrades as it says");
    } else {
      log?.info({ store: name, calls: this.#degraded }, "the store of limits is back");
    }
  }
}

/** A reading of the store, which is remembered. */
interface LearntReading extends LimitReading {
  /** Its mark in the memory of the process; undefined where nothing was noted. */
  readonly learnt?: number | undefined;
}

/** What the store is asked to do to see whether it can: the very thing that it is needed for. */
const PROBE: LimitDraw = { policy: { kind: "rate", name: "probe", count: 1_000, period: 1_000, burst: 1_000 }, key: "", cost: 1 };

const UNCOUNTED = { allowed: true, remaining: 0, resetSeconds: 0, retryAfterSeconds: 0, mark: 0, used: 0 };
