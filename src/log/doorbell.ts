/**
 * Wakes the reader of the rings. The reader says that it sleeps; a writer that finds it so rings once. While the reader is awake, ringing
 * costs one load and no system call.
 */
const AWAKE = 0;
const ASLEEP = 1;

/** One doorbell for all rings of a process. */
export function createDoorbell(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

export class Doorbell {
  readonly #state: Int32Array;

  constructor(segment: SharedArrayBuffer) {
    this.#state = new Int32Array(segment, 0, 1);
  }

  /** The writer's side. */
  ring(): void {
    if (Atomics.load(this.#state, 0) === ASLEEP && Atomics.compareExchange(this.#state, 0, ASLEEP, AWAKE) === ASLEEP) {
      Atomics.notify(this.#state, 0);
    }
  }

  /**
   * The reader's side: falls asleep until somebody rings. Look into the rings once more after this and before waiting for the promise: who
   * wrote before the reader was asleep did not ring.
   */
  sleep(): Promise<unknown> {
    Atomics.store(this.#state, 0, ASLEEP);
    const { async: waits, value } = Atomics.waitAsync(this.#state, 0, ASLEEP);
    return waits ? value : Promise.resolve();
  }
}
