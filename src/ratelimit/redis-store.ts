import { createHash } from "node:crypto";
import type { Redis, RedisWord } from "../redis/mod.ts";
import { Calendar } from "./calendar.ts";
import type { LimitDraw, LimitMeter, LimitPolicy, LimitReading, LimitStore, QuotaPolicy, RatePolicy } from "./contract.ts";
import { describePolicy, readQuota, readRate } from "./counting.ts";
import type { Pace } from "./gcra.ts";
import { RATE_EPOCH, RATE_GRID, countScript, giveBackScript } from "./redis-scripts.ts";
import { StoreMeter } from "./store-meter.ts";

export interface RedisStoreOptions {
  readonly redis: Redis;
  /** What keys start with, after the client's own prefix. Default `"limits:"`. */
  readonly prefix?: string;
  /** Milliseconds to wait for an answer. Default: the client's. */
  readonly timeout?: number;
  /** Milliseconds since 1970. Default: the server's clock, which all machines share. For tests. */
  readonly time?: () => number;
}

/** What this process knows a key to have used, for the case that the server has lost it: milliseconds of a rate, units of a quota. */
export type Memory = (draw: LimitDraw) => number;

const NOTHING: Memory = () => 0;
const SECOND = 1_000_000;
const ATTEMPTS = 3;
/** More than any key can have used. */
const EVERYTHING = 1e9;

/**
 * Counts in Redis: exactly, over all machines, all policies of a call in one round trip, by the server's clock. Keys expire by themselves.
 * Callers are named by a digest, so that no credential is kept.
 *
 * @throws what commands of Redis throw, when it is away
 */
export function createRedisStore(options: RedisStoreOptions): RedisStore {
  return new RedisStore(options);
}

export class RedisStore implements LimitStore {
  readonly #redis: Redis;
  readonly #prefix: string;
  readonly #options: { readonly timeout?: number };
  readonly #time: (() => number) | undefined;
  readonly #spellings = new WeakMap<LimitPolicy, Spelling>();
  /** How far the server's clock is ahead of ours: windows of the calendar are the server's. */
  #ahead = 0;

  constructor({ redis, prefix = "limits:", timeout, time }: RedisStoreOptions) {
    this.#redis = redis;
    this.#prefix = `${redis.prefix}${prefix}`;
    this.#options = timeout === undefined ? {} : { timeout };
    this.#time = time;
  }

  meter(policy: LimitPolicy): LimitMeter {
    return new StoreMeter(this, policy);
  }

  takeAll(draws: readonly LimitDraw[], memory: Memory = NOTHING): Promise<readonly LimitReading[]> {
    return this.#count("take", draws, memory);
  }

  peekAll(draws: readonly LimitDraw[], memory: Memory = NOTHING): Promise<readonly LimitReading[]> {
    return this.#count("peek", draws, memory);
  }

  async giveBack(draws: readonly LimitDraw[], readings: readonly LimitReading[]): Promise<void> {
    const taken = draws.filter((_, index) => readings[index]?.allowed === true);
    const marks = readings.filter(({ allowed }) => allowed).map(({ mark }) => mark);
    const words = taken.flatMap((draw, index) => this.#spell(draw.policy).giveBack(draw.cost, marks[index] as number));
    if (taken.length === 0) return;
    await this.#redis.script(giveBackScript, this.#keysOf(taken), [this.#now(), ...words], this.#options);
  }

  async reset(policy: LimitPolicy, key: string): Promise<void> {
    const words = [
      this.#now(),
      ...this.#spell(policy).giveBack(EVERYTHING, policy.kind === "quota" ? -1 : Number.MAX_SAFE_INTEGER),
    ];
    await this.#redis.script(giveBackScript, [this.#keyOf(policy, key)], words, this.#options);
  }

  async #count(verb: "take" | "peek", draws: readonly LimitDraw[], memory: Memory): Promise<readonly LimitReading[]> {
    const keys = this.#keysOf(draws);
    for (let attempt = 1; ; attempt += 1) {
      const moment = this.#time?.() ?? Date.now() + this.#ahead;
      const words = draws.flatMap((draw) => this.#spell(draw.policy).words(draw, memory(draw), moment));
      const [now = "", ...states] = await this.#redis.script<string[]>(
        countScript,
        keys,
        [this.#now(), verb, ...words],
        this.#options,
      );
      const time = Number(now);
      if (this.#time === undefined) this.#ahead = RATE_EPOCH + time / 1_000 - Date.now();
      if (states.length === draws.length * 2) {
        return draws.map(({ policy, cost }, index) => {
          const refused = states[2 * index] === "1" ? 0 : cost;
          return this.#spell(policy).read(time, states[2 * index + 1] as string, refused);
        });
      }
      // Our clock is in another hour, day or month than the server's. Now we know.
      if (attempt === ATTEMPTS) throw new Error("The clock of Redis goes neither with ours nor with itself.");
    }
  }

  #now(): string {
    return this.#time === undefined ? "" : ((this.#time() - RATE_EPOCH) * 1_000).toFixed(4);
  }

  #keysOf(draws: readonly LimitDraw[]): string[] {
    return draws.map(({ policy, key }) => this.#keyOf(policy, key));
  }

  #keyOf(policy: LimitPolicy, key: string): string {
    return `${this.#prefix}${this.#spell(policy).name}:${digest(key).slice(0, 22)}`;
  }

  #spell(policy: LimitPolicy): Spelling {
    const known = this.#spellings.get(policy);
    if (known !== undefined) return known;
    const spelling = policy.kind === "quota" ? new QuotaSpelling(policy) : new RateSpelling(policy);
    this.#spellings.set(policy, spelling);
    return spelling;
  }
}

/** How a policy is put to the scripts, and what they answer. */
interface Spelling {
  /** In names of keys. */
  readonly name: string;
  /** @param moment milliseconds since 1970 by the server's clock, as far as we know */
  words(draw: LimitDraw, known: number, moment: number): readonly RedisWord[];
  giveBack(cost: number, mark: number): readonly RedisWord[];
  /** @param refused units; 0 when the call passed */
  read(now: number, state: string, refused: number): LimitReading;
}

class RateSpelling implements Spelling {
  readonly name: string;
  /** In microseconds. */
  readonly #pace: Pace;

  constructor(policy: RatePolicy) {
    this.name = nameOf(policy);
    // Down to the grid, as in memory: whole a little early, never late.
    const interval = Math.floor(((policy.period * 1_000) / policy.count) * RATE_GRID) / RATE_GRID;
    this.#pace = { interval, horizon: interval * policy.burst };
  }

  words({ cost, shadow }: LimitDraw, known: number): readonly RedisWord[] {
    const { interval, horizon } = this.#pace;
    return ["r", cost, shadow === true ? 1 : 0, interval.toFixed(4), horizon.toFixed(4), Math.floor(known * 1_000)];
  }

  giveBack(cost: number, mark: number): readonly RedisWord[] {
    return ["r", (cost * this.#pace.interval).toFixed(4), mark.toFixed(4)];
  }

  read(now: number, state: string, refused: number): LimitReading {
    return readRate(this.#pace, { now, arrival: Number(state), refused, perSecond: SECOND });
  }
}

class QuotaSpelling implements Spelling {
  readonly name: string;
  readonly #count: number;
  readonly #calendar: Calendar;

  constructor(policy: QuotaPolicy) {
    this.name = nameOf(policy);
    this.#count = policy.count;
    this.#calendar = new Calendar(policy.unit, policy.timezone);
  }

  words({ cost, shadow }: LimitDraw, known: number, moment: number): readonly RedisWord[] {
    const { start, end } = this.#calendar.windowAt(moment);
    return ["q", cost, shadow === true ? 1 : 0, this.#count, 0, `${start}:${end}:${known}`];
  }

  giveBack(cost: number, mark: number): readonly RedisWord[] {
    return ["q", cost, mark];
  }

  read(now: number, state: string, refused: number): LimitReading {
    const [end = 0, used = 0] = state.split(":").map(Number);
    return readQuota({ count: this.#count, used, refused, left: end - RATE_EPOCH - now / 1_000, mark: end });
  }
}

/** Readable, and of bounded length. */
function nameOf(policy: LimitPolicy): string {
  return `${policy.name}:${digest(describePolicy(policy)).slice(0, 8)}`;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}
