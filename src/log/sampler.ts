import { type Clock, type Rate, type Timer, parseRate } from "../core/mod.ts";
import type { LogLevel } from "./contract.ts";

/** How many lines of one level *and* message are written per span of time; a level that is not named is not sampled. */
export type Sampling = Readonly<Partial<Record<Exclude<LogLevel, "fatal">, Rate>>>;

/** Tells how many lines were left out. */
export type ReportSuppressed = (level: LogLevel, message: string, count: number) => void;

interface Window {
  readonly level: LogLevel;
  readonly message: string;
  readonly ends: number;
  seen: number;
}

export interface SamplerOptions {
  readonly sampling: Sampling;
  readonly clock: Clock;
  readonly report: ReportSuppressed;
}

/** Messages told apart; more at once (texts with values in them) share one window per level. */
const MAX_WINDOWS = 1_000;

/** The first lines of a window are written, the rest counted; at its end one line says how many those were. */
export class Sampler {
  readonly #limits = new Map<LogLevel, { readonly count: number; readonly period: number }>();
  readonly #clock: Clock;
  readonly #report: ReportSuppressed;
  readonly #windows = new Map<string, Window>();
  #timer: Timer | undefined;

  /** @throws E_CORE_RATE_INVALID */
  constructor(options: SamplerOptions) {
    this.#clock = options.clock;
    this.#report = options.report;
    for (const [level, rate] of Object.entries(options.sampling)) this.#limits.set(level as LogLevel, parseRate(rate));
  }

  /** Whether this line is written. */
  admit(level: LogLevel, message: string): boolean {
    const limit = this.#limits.get(level);
    if (limit === undefined) return true;
    const now = this.#clock.monotonic();
    const window = this.#window(level, message, now, limit.period);
    window.seen += 1;
    if (window.seen <= limit.count) return true;
    // The count comes out even if no such line ever comes again.
    this.#timer ??= this.#clock.schedule(window.ends - now, () => this.#expire());
    return false;
  }

  #window(level: LogLevel, message: string, now: number, period: number): Window {
    let key = `${level} ${message}`;
    if (!this.#windows.has(key) && this.#windows.size >= MAX_WINDOWS) {
      this.#close(now);
      if (this.#windows.size >= MAX_WINDOWS) key = level;
    }
    const open = this.#windows.get(key);
    if (open !== undefined && now < open.ends) return open;
    if (open !== undefined) this.#settle(open);
    const fresh = { level, message: key === level ? "(various)" : message, ends: now + period, seen: 0 };
    this.#windows.set(key, fresh);
    return fresh;
  }

  #expire(): void {
    this.#timer = undefined;
    const now = this.#clock.monotonic();
    this.#close(now);
    const ends = [...this.#windows.values()].filter((window) => this.#suppressed(window) > 0).map((window) => window.ends);
    if (ends.length > 0) this.#timer = this.#clock.schedule(Math.min(...ends) - now, () => this.#expire());
  }

  /** Ends all windows that are over by then. */
  #close(now: number): void {
    for (const [key, window] of this.#windows) {
      if (now < window.ends) continue;
      this.#windows.delete(key);
      this.#settle(window);
    }
  }

  #suppressed(window: Window): number {
    return window.seen - (this.#limits.get(window.level)?.count ?? Infinity);
  }

  #settle(window: Window): void {
    const suppressed = this.#suppressed(window);
    if (suppressed > 0) this.#report(window.level, window.message, suppressed);
  }

  /** Reports what is still uncounted. For the way out. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#close(Infinity);
  }
}
