import { type Size, parseSize } from "../../core/mod.ts";
import { errors } from "../errors.ts";

/** What happens to a client that takes less than is sent to it. */
export interface BacklogOptions {
  /** How much may wait for one client. Default `"256kb"`. */
  readonly backlog?: Size;
  /**
   * What happens beyond that: `"disconnect"` ends the stream, and the client comes back for what it missed;
   * `"drop-oldest"` forgets what has waited longest. Default `"disconnect"`.
   */
  readonly whenFull?: "disconnect" | "drop-oldest";
}

const DEFAULT_BACKLOG = "256kb";

/** An item and the room that it takes. */
interface Held<Item> {
  readonly item: Item;
  readonly bytes: number;
}

/** A bounded queue that one reader reads as an `AsyncIterable`. */
export class Backlog<Item> implements AsyncIterableIterator<Item, undefined> {
  readonly #limit: number;
  readonly #dropOldest: boolean;
  readonly #onClose: () => void;
  #items: Held<Item>[] = [];
  /** Items before this one have been read. */
  #first = 0;
  #bytes = 0;
  #waiting: ((result: IteratorResult<Item, undefined>) => void) | null = null;
  #closed = false;
  #overflowed = false;

  /** @param onClose called once, when nothing more is taken */
  constructor(options: BacklogOptions, onClose: () => void = ignore) {
    this.#limit = parseSize(options.backlog ?? DEFAULT_BACKLOG);
    this.#dropOldest = options.whenFull === "drop-oldest";
    this.#onClose = onClose;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @returns whether it was taken */
  push(item: Item, bytes: number): boolean {
    if (this.#closed) return false;
    if (this.#waiting !== null) {
      const resolve = this.#waiting;
      this.#waiting = null;
      resolve({ done: false, value: item });
      return true;
    }
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#limit) this.#overflow();
    return !this.#closed;
  }

  #overflow(): void {
    if (!this.#dropOldest) {
      this.#overflowed = true;
      this.#forget();
      this.#end();
      return;
    }
    while (this.#bytes > this.#limit) this.#shift();
  }

  /** Ends it behind what waits. */
  close(): void {
    if (!this.#closed) this.#end();
  }

  #end(): void {
    this.#closed = true;
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = null;
    this.#onClose();
  }

  #forget(): void {
    this.#items = [];
    this.#first = 0;
    this.#bytes = 0;
  }

  #shift(): Item | undefined {
    const held = this.#items[this.#first];
    if (held === undefined) return undefined;
    this.#first++;
    this.#bytes -= held.bytes;
    if (this.#first === this.#items.length) this.#forget();
    // perf: what has been read is dropped in bulk, not with every read.
    else if (this.#first === 1_024) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    return held.item;
  }

  /** @throws E_HTTP_CLIENT_SLOW */
  next(): Promise<IteratorResult<Item, undefined>> {
    const item = this.#shift();
    if (item !== undefined) return Promise.resolve({ done: false, value: item });
    if (this.#overflowed) {
      this.#overflowed = false;
      return Promise.reject(errors.CLIENT_SLOW({ bytes: this.#limit }));
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  return(): Promise<IteratorResult<Item, undefined>> {
    this.#forget();
    this.close();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function ignore(): void {}
