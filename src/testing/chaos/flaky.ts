import { setTimeout as wait } from "node:timers/promises";
import { type Clock, type Duration, delay, parseDuration } from "../../core/mod.ts";
import { errors } from "../errors.ts";

/** How a service is to fail. */
export interface Faults {
  /** How much later a call reaches the service; of two durations, any time between them. Default none. */
  readonly latency?: Duration | readonly [Duration, Duration];
  /** Share of the calls that never reach the service, from 0 to 1. Default 0. */
  readonly loss?: number;
  /** Share of the calls that the service carries out, and whose answer is lost, from 0 to 1. Default 0. */
  readonly answerLoss?: number;
}

/** The names of the methods that answer by a promise. */
export type AsyncMethod<Service> = {
  [Name in keyof Service]-?: NonNullable<Service[Name]> extends (...args: never[]) => Promise<unknown> ? Name : never;
}[keyof Service];

export interface FlakyOptions<Service> extends Faults {
  /** The methods that fail. Default: all, and then all must be asynchronous. The rest of the service is as it was. */
  readonly only?: readonly AsyncMethod<Service>[];
  /** The same seed fails the same calls again. Default 1. */
  readonly seed?: number;
  /** Measures the latency. Default: real time. */
  readonly clock?: Clock;
}

/** A service with faults. */
export interface Flaky<Service> {
  /** Used like the service itself. */
  readonly service: Service;
  /** Calls of the failing methods so far. */
  readonly calls: number;
  /** Those of them that were lost, or whose answer was. */
  readonly lost: number;
  /** Fails otherwise from now on; `change({})` fails no more. */
  change(faults: Faults): void;
}

/**
 * Puts latency and loss before a service: any object with asynchronous methods, such as the store of a limiter.
 *
 * A lost call rejects with E_TESTING_CALL_LOST.
 *
 * @example
 * const { service: store, change } = flaky(memoryStore, { loss: 0.1, latency: ["1ms", "20ms"] });
 * await assert.rejects(useFor100Calls(store), { code: "E_TESTING_CALL_LOST" });
 * change({});
 */
export function flaky<Service extends object>(service: Service, options: FlakyOptions<Service> = {}): Flaky<Service> {
  const names = options.only === undefined ? undefined : new Set<PropertyKey>(options.only);
  const line = new BadLine(options);
  return {
    service: wrap(service, (name) => typeof name === "string" && (names?.has(name) ?? true), line),
    change: (faults) => line.change(faults),
    get calls(): number {
      return line.calls;
    },
    get lost(): number {
      return line.lost;
    },
  };
}

type Method = (...args: unknown[]) => unknown;

function wrap<Service extends object>(service: Service, isFaulty: (name: PropertyKey) => boolean, line: BadLine): Service {
  const wrapped = {};
  for (const name of membersOf(service)) {
    const get = (): unknown => {
      const member: unknown = Reflect.get(service, name);
      if (typeof member !== "function") return member;
      // By the service itself: methods of a class reach its private members.
      const call = (...args: unknown[]): unknown => (member as Method).apply(service, args);
      return isFaulty(name) ? (...args: unknown[]) => line.carry(String(name), () => call(...args)) : call;
    };
    Object.defineProperty(wrapped, name, { get, enumerable: true });
  }
  return wrapped as Service;
}

/** The names of an object's own and inherited members. */
function membersOf(service: object): ReadonlySet<PropertyKey> {
  const names = new Set<PropertyKey>();
  for (let place: object | null = service; place !== null && place !== Object.prototype; place = Reflect.getPrototypeOf(place)) {
    for (const name of Reflect.ownKeys(place)) if (name !== "constructor") names.add(name);
  }
  return names;
}

/** What lies between a caller and a service. */
class BadLine {
  calls = 0;
  lost = 0;
  readonly #clock: Clock | undefined;
  readonly #random: () => number;
  #faults: Faults;

  constructor({ seed = 1, clock, ...faults }: Faults & { readonly seed?: number; readonly clock?: Clock }) {
    this.#random = randomFrom(seed);
    this.#clock = clock;
    this.#faults = faults;
  }

  change(faults: Faults): void {
    this.#faults = faults;
  }

  async carry(method: string, call: () => unknown): Promise<unknown> {
    const { latency = "0ms", loss = 0, answerLoss = 0 } = this.#faults;
    // Drawn before the first wait, in the order of the calls: so a seed gives the same faults again.
    const [pause, fate] = [this.#random(), this.#random()];
    this.calls += 1;
    await this.#wait(latency, pause);
    if (fate < loss) throw this.#lose(method, "before it reached the service");
    const answer = await call();
    if (fate < loss + answerLoss) throw this.#lose(method, "after the service had carried it out");
    return answer;
  }

  #lose(method: string, when: string): Error {
    this.lost += 1;
    return errors.CALL_LOST({ method, when });
  }

  async #wait(latency: Duration | readonly [Duration, Duration], share: number): Promise<void> {
    const [least, most] = typeof latency === "string" ? [latency, latency] : latency;
    const milliseconds = parseDuration(least) + share * (parseDuration(most) - parseDuration(least));
    if (milliseconds === 0) return;
    // A timer of a Clock does not keep the process alive, which would end a test that waits for nothing else.
    await (this.#clock === undefined ? wait(milliseconds) : delay(this.#clock, milliseconds));
  }
}

/** Numbers from 0 to 1 that a seed makes again (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
