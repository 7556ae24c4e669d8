import type { EncodedEvent } from "./server-event.ts";

/** One event, and where it is in the order of all. */
export interface Placed {
  readonly sequence: number;
  readonly encoded: EncodedEvent;
}

/** What a subscription reads from. */
export interface EventWindow {
  /** The event that follows a sequence, or the notice that some are missing; undefined while there is none. */
  after(sequence: number): Placed | undefined;
  leave(subscription: Subscription): void;
}

/** One client's place in a broadcast. It holds no events: what it has not taken is in the window that all share. */
export class Subscription implements AsyncIterableIterator<EncodedEvent, undefined> {
  readonly #window: EventWindow;
  #sequence: number;
  #waiting: ((result: IteratorResult<EncodedEvent, undefined>) => void) | null = null;
  #closed = false;

  /** @param sequence of the last event that the client has */
  constructor(window: EventWindow, sequence: number) {
    this.#window = window;
    this.#sequence = sequence;
  }

  /** Something was published. */
  wake(): void {
    const resolve = this.#waiting;
    if (resolve === null) return;
    const event = this.#take();
    if (event === undefined) return;
    this.#waiting = null;
    resolve({ done: false, value: event });
  }

  #take(): EncodedEvent | undefined {
    const placed = this.#window.after(this.#sequence);
    if (placed === undefined) return undefined;
    this.#sequence = placed.sequence;
    return placed.encoded;
  }

  next(): Promise<IteratorResult<EncodedEvent, undefined>> {
    const event = this.#closed ? undefined : this.#take();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = null;
    this.#window.leave(this);
  }

  return(): Promise<IteratorResult<EncodedEvent, undefined>> {
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
