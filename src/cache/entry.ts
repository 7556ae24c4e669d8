import { decode, freezeDeeply } from "./codec.ts";
import type { Slots } from "./generation-table.ts";

/** What an entry is made of. Times are those of the pulse. */
export interface EntryParts {
  readonly bytes: Uint8Array;
  readonly negative: boolean;
  readonly tags: readonly string[];
  readonly freshUntil: number;
  readonly staleUntil: number;
  /** Wall-clock time, for people. */
  readonly createdAt: number;
  /** The time of generations that its data are from. */
  readonly born: bigint;
  /** What can invalidate it. */
  readonly slots: Slots;
}

const ABSENT: Promise<undefined> = Promise.resolve(undefined);

/**
 * A value in a thread's memory. It is opened (decoded, and frozen if that makes it safe to share) at its first use: many values that
 * another thread sent are never asked for here.
 */
export class Entry {
  readonly negative: boolean;
  readonly tags: readonly string[];
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly createdAt: number;
  readonly born: bigint;
  readonly slots: Slots;
  /** Bytes of the encoded value. */
  readonly length: number;
  /** What {@link GenerationTable.published} was when the slots were last looked at. */
  checked = 0;
  /** No attempt to refresh it before this time: the last ones failed. */
  retryAt = 0;
  failures = 0;
  /** The value as every caller gets it; null when each gets a copy of its own, or when it has not been opened. */
  shared: Promise<unknown> | null;
  sharedValue: unknown = undefined;
  #bytes: Uint8Array | null;
  readonly #sharesAlways: boolean;

  constructor(parts: EntryParts, copy: "auto" | "never") {
    this.negative = parts.negative;
    this.tags = parts.tags;
    this.freshUntil = parts.freshUntil;
    this.staleUntil = parts.staleUntil;
    this.createdAt = parts.createdAt;
    this.born = parts.born;
    this.slots = parts.slots;
    this.length = parts.bytes.length;
    this.shared = parts.negative ? ABSENT : null;
    this.#bytes = parts.negative ? null : parts.bytes;
    this.#sharesAlways = copy === "never";
  }

  /** The value for one caller. */
  take(): unknown {
    if (this.#bytes === null) return this.sharedValue;
    // A copy: bytes inside a value are a view of what it was decoded from.
    const value = decode(new Uint8Array(this.#bytes));
    if (freezeDeeply(value) || this.#sharesAlways) {
      this.sharedValue = value;
      this.shared = Promise.resolve(value);
      this.#bytes = null;
    }
    return value;
  }

  /** As {@link take}, as a promise that may be the same for all. */
  promise(): Promise<unknown> {
    const value = this.shared ?? this.take();
    return this.shared ?? Promise.resolve(value);
  }
}
