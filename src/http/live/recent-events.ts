import type { JournalEntry } from "./journal.ts";
import { EncodedEvent, encodeEvent } from "./server-event.ts";
import type { Placed } from "./subscription.ts";

/** Tells a client that it has missed events which are gone. */
const RESET = "reset";
const ID = /^([0-9a-z]{1,16})-([0-9a-z]{1,11})$/;

/** The newest events of a broadcast as this thread sends them, bounded in bytes. */
export class RecentEvents {
  readonly #keep: number;
  readonly #epoch: string;
  #held: Placed[] = [];
  #bytes = 0;
  /** Everything behind this sequence is held. */
  #floor = 0;

  /** @param epoch what ids begin with: sequences begin anew with every start of the process */
  constructor(keep: number, epoch: string) {
    this.#keep = keep;
    this.#epoch = epoch;
  }

  /** Sequence of the newest event; 0 before the first. */
  get newest(): number {
    return this.#held.at(-1)?.sequence ?? 0;
  }

  idOf(sequence: number): string {
    return `${this.#epoch}-${sequence.toString(36)}`;
  }

  /** The sequence that an id names; -1 for an id of another life, or of none. */
  sequenceOf(id: string): number {
    const [, epoch, digits = ""] = ID.exec(id) ?? [];
    if (epoch !== this.#epoch) return -1;
    const sequence = Number.parseInt(digits, 36);
    return sequence <= this.newest ? sequence : -1;
  }

  add({ sequence, event, data }: JournalEntry): void {
    if (this.#held.length === 0) this.#floor = sequence - 1;
    const id = this.idOf(sequence);
    const encoded = encode(event === "" ? { id } : { id, event }, data.toString("utf8"));
    this.#held.push({ sequence, encoded });
    this.#bytes += encoded.bytes.length;
    let old = 0;
    while (this.#bytes > this.#keep && old < this.#held.length - 1)
      this.#bytes -= (this.#held[old++] as Placed).encoded.bytes.length;
    if (old === 0) return;
    this.#floor = (this.#held[old - 1] as Placed).sequence;
    this.#held.splice(0, old);
  }

  /** Forgets everything: some events were missed, so what is held does not join up with what comes. */
  clear(): void {
    this.#held = [];
    this.#bytes = 0;
  }

  /** The event that follows a sequence; for one that is too old, the notice that some are missing. */
  after(sequence: number): Placed | undefined {
    const { newest } = this;
    if (sequence >= newest) return undefined;
    if (sequence < this.#floor) {
      return { sequence: newest, encoded: encode({ id: this.idOf(newest), event: RESET }, "null") };
    }
    return this.#held[this.#indexAfter(sequence)];
  }

  #indexAfter(sequence: number): number {
    let low = 0;
    let high = this.#held.length - 1;
    // perf: nearly everybody waits for the newest.
    if (high > 0 && (this.#held[high - 1] as Placed).sequence <= sequence) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#held[middle] as Placed).sequence <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function encode(event: { readonly id: string; readonly event?: string }, data: string): EncodedEvent {
  return new EncodedEvent(Buffer.from(encodeEvent(event, data)));
}
