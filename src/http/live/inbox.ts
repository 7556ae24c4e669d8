import { isPromise } from "../validation/validate.ts";

/** More messages than this wait for their reader only in the network. */
const MAX_WAITING = 64;

export interface InboxOptions {
  /** Bytes that may wait before the sender is held back; one chunk of the network may come on top. */
  readonly maxBytes: number;
  /** What becomes of a message before it is read. Promises are waited for, one message after the other. */
  readonly admit: (data: Buffer, isBinary: boolean) => unknown;
  readonly pause: () => void;
  readonly resume: () => void;
  /** A message was not admitted. */
  readonly refuse: (thrown: unknown) => void;
}

interface Waiting {
  readonly value: unknown;
  readonly bytes: number;
}

/** Messages on their way from the network to the handler, in order and bounded: a slow reader slows its sender down. */
export class Inbox implements AsyncIterator<unknown, undefined> {
  readonly #options: InboxOptions;
  /** Not admitted yet: an earlier one is still being looked at. */
  readonly #raw: { readonly data: Buffer; readonly isBinary: boolean }[] = [];
  readonly #ready: Waiting[] = [];
  #bytes = 0;
  #busy = false;
  #paused = false;
  #closed = false;
  #reader: ((result: IteratorResult<unknown, undefined>) => void) | null = null;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** Whether the sender is held back. */
  get paused(): boolean {
    return this.#paused;
  }

  take(data: Buffer, isBinary: boolean): void {
    if (this.#closed) return;
    this.#bytes += data.length;
    if (this.#busy) this.#raw.push({ data, isBinary });
    else this.#admit(data, isBinary);
    this.#hold();
  }

  #admit(data: Buffer, isBinary: boolean): void {
    try {
      const value = this.#options.admit(data, isBinary);
      if (isPromise(value)) void this.#wait(value, data.length);
      else this.#deliver(value, data.length);
    } catch (thrown) {
      this.#refuse(thrown, data.length);
    }
  }

  #refuse(thrown: unknown, bytes: number): void {
    this.#bytes -= bytes;
    this.#options.refuse(thrown);
  }

  async #wait(pending: Promise<unknown>, bytes: number): Promise<void> {
    this.#busy = true;
    try {
      this.#deliver(await pending, bytes);
    } catch (thrown) {
      this.#refuse(thrown, bytes);
    }
    this.#busy = false;
    while (!this.#busy && this.#raw.length > 0) {
      const { data, isBinary } = this.#raw.shift() as { data: Buffer; isBinary: boolean };
      this.#admit(data, isBinary);
    }
    this.#hold();
  }

  #deliver(value: unknown, bytes: number): void {
    if (this.#closed) return;
    const reader = this.#reader;
    if (reader === null) {
      this.#ready.push({ value, bytes });
      return;
    }
    this.#reader = null;
    this.#bytes -= bytes;
    reader({ done: false, value });
  }

  #hold(): void {
    if (this.#closed) return;
    const { maxBytes, pause, resume } = this.#options;
    const full = this.#bytes > maxBytes || this.#ready.length + this.#raw.length > MAX_WAITING;
    if (full === this.#paused) return;
    this.#paused = full;
    if (full) pause();
    else resume();
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const waiting = this.#ready.shift();
    if (waiting !== undefined) {
      this.#bytes -= waiting.bytes;
      this.#hold();
      return Promise.resolve({ done: false, value: waiting.value });
    }
    if (this.#closed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => (this.#reader = resolve));
  }

  /** Nothing more will come; what came before can still be read. */
  close(): void {
    this.#closed = true;
    this.#raw.length = 0;
    this.#reader?.({ done: true, value: undefined });
    this.#reader = null;
  }
}
