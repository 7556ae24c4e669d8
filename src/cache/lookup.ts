import { type Timer, isPlinthError } from "../core/mod.ts";
import type { Factory } from "./contract.ts";
import type { Entry } from "./entry.ts";
import { errors } from "./errors.ts";
import { Flight, type Follower, type Found } from "./flight.ts";
import type { LookupSettings } from "./settings.ts";
import type { Shelf } from "./shelf.ts";

export interface LookupRequest {
  readonly id: string;
  readonly factory: Factory<unknown>;
  readonly settings: LookupSettings;
}

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

/** How the values of a namespace that memory does not have fresh are come by: the callers' side of flights. */
export class Lookups {
  readonly #shelf: Shelf;
  /** By the key as the store sees it. */
  readonly #flights = new Map<string, Flight>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  /** The store says that a value is there, or its lease is free. */
  wake(storeId: string): void {
    this.#flights.get(storeId)?.wake();
  }

  /**
   * A value for one caller: fresh, or stale where that is allowed.
   *
   * @throws what the factory throws; E_CACHE_FACTORY_TIMEOUT
   */
  async find(request: LookupRequest): Promise<Found> {
    const shelf = this.#shelf;
    const { id, settings } = request;
    const stale = shelf.findStale(id);
    if (stale !== undefined && stale.retryAt > shelf.engine.pulse.now()) return { entry: stale, outcome: "stale" };
    const since = shelf.engine.generations.now();
    const flight = this.#join(request);
    if (stale !== undefined && settings.softTimeout === 0) return { entry: stale, outcome: "stale" };
    const found = await this.#await(flight, stale, settings);
    // Something was invalidated between the beginning of a flight that others began and this call: what it made may be from before.
    if (flight.born >= since || shelf.engine.generations.isCurrent(found.entry.slots, flight.born)) return found;
    return this.#await(this.#join(request), undefined, settings);
  }

  #join(request: LookupRequest): Flight {
    const { id } = this.#shelf.storeKey(request.id);
    const running = this.#flights.get(id);
    if (running !== undefined && !running.ended && running.isCurrent()) return running;
    const flight = new Flight({ shelf: this.#shelf, ...request });
    this.#flights.set(id, flight);
    // Its first step is taken now; what it finds out, followers are told later.
    flight.follow(this.#keeper(request.id));
    void flight.run().finally(() => {
      if (this.#flights.get(id) === flight) this.#flights.delete(id);
    });
    return flight;
  }

  /** Sees to it that a value which could not be made anew is not tried again with every call. */
  #keeper(id: string): Follower {
    const shelf = this.#shelf;
    return {
      stale: () => undefined,
      done: () => undefined,
      failed: () => {
        const stale = shelf.engine.isRunning ? shelf.findStale(id) : undefined;
        if (stale === undefined) return;
        stale.retryAt = shelf.engine.pulse.now() + Math.min(FIRST_PAUSE * 2 ** stale.failures, LONGEST_PAUSE);
        stale.failures += 1;
      },
    };
  }

  /** Waits for a flight, with the soft time-out as soon as there is a stale value. */
  #await(flight: Flight, known: Entry | undefined, settings: LookupSettings): Promise<Found> {
    const { clock } = this.#shelf.engine;
    return new Promise((resolve, reject) => {
      let stale: Entry | undefined;
      let soft: Timer | undefined;
      const leave = (): void => {
        soft?.cancel();
        flight.leave(follower);
      };
      const follower: Follower = {
        stale: (entry) => {
          if (stale !== undefined) return;
          stale = entry;
          const serve = (): void => {
            leave();
            resolve({ entry, outcome: "stale" });
          };
          if (settings.softTimeout === 0) serve();
          else soft = clock.schedule(settings.softTimeout, serve);
        },
        done: (found) => {
          leave();
          resolve(found);
        },
        failed: (error) => {
          leave();
          if (stale === undefined || isMistake(error)) reject(error);
          else resolve({ entry: stale, outcome: "stale" });
        },
      };
      flight.follow(follower);
      if (known !== undefined) follower.stale(known);
    });
  }
}

/** What the program gave cannot be kept: an old value would hide the mistake. */
function isMistake(error: Error): boolean {
  return isPlinthError(error, errors.VALUE_INVALID.code) || isPlinthError(error, errors.VALUE_UNSTORABLE.code);
}
