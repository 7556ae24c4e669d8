import { toError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";

/** Who is to be told something. One that throws disturbs neither the others nor who tells. */
export class Listeners<Value> {
  readonly #all = new Set<(value: Value) => void>();
  readonly #log: Logger | undefined;

  constructor(log: Logger | undefined) {
    this.#log = log;
  }

  get size(): number {
    return this.#all.size;
  }

  /** @returns what takes it off again */
  add(listener: (value: Value) => void): () => void {
    // The same function may be added twice.
    const own = (value: Value): void => listener(value);
    this.#all.add(own);
    return () => void this.#all.delete(own);
  }

  tell(value: Value): void {
    for (const listener of this.#all) {
      try {
        listener(value);
      } catch (error) {
        this.#log?.error({ error: toError(error) }, "A listener of Redis failed.");
      }
    }
  }
}
