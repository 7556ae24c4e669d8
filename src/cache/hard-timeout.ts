import type { Timer } from "../core/mod.ts";
import { errors } from "./errors.ts";
import type { Shelf } from "./shelf.ts";

/** The longest that a value may take to be made: then a signal tells its factory, and nobody waits for it any longer. */
export class HardTimeout {
  readonly #controller = new AbortController();
  readonly #over = Promise.withResolvers<never>();

  constructor() {
    this.#over.promise.catch(() => undefined); // those who wait are told
  }

  /** For factories. Its reason is the error. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Rejects with E_CACHE_FACTORY_TIMEOUT when the time is up, and never resolves. */
  get over(): Promise<never> {
    return this.#over.promise;
  }

  /** Lets the time begin. */
  start(shelf: Shelf, key: string, milliseconds: number): Timer {
    return shelf.engine.clock.schedule(milliseconds, () => {
      const error = errors.FACTORY_TIMEOUT({ namespace: shelf.name, key, milliseconds });
      this.#controller.abort(error);
      this.#over.reject(error);
    });
  }
}
