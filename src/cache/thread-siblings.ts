import { randomUUID } from "node:crypto";
import { BroadcastChannel } from "node:worker_threads";
import type { Clock, SharedMemory, Timer } from "../core/mod.ts";

/** A value that a thread hands to the others of its process. Times are monotonic milliseconds, the same in every thread. */
export interface SharedValue {
  readonly namespace: string;
  readonly version: string;
  readonly id: string;
  /** Over shared memory: all threads see the same bytes. */
  readonly bytes: Uint8Array;
  readonly negative: boolean;
  readonly tags: readonly string[];
  readonly freshUntil: number;
  readonly staleUntil: number;
  readonly createdAt: number;
  readonly born: bigint;
}

type Message =
  /** A lease was given back, with or without a value. */
  | { readonly kind: "slot"; readonly slot: number; readonly value?: SharedValue }
  | { readonly kind: "ask"; readonly call: string }
  | { readonly kind: "answer"; readonly call: string; readonly report: unknown };

export interface SiblingsOptions {
  readonly memory: SharedMemory;
  /** Of the cache. */
  readonly name: string;
  /** Unlike that of any other cache of the process. */
  readonly id: string;
  readonly threadIndex: number;
  readonly clock: Clock;
  readonly receive: (value: SharedValue) => void;
  /** What this thread says of itself when another gathers. */
  readonly report: () => unknown;
  /** Whether there is no other thread to tell. */
  readonly isAlone: () => boolean;
}

const SLOTS = 16_384;
/** A holder that dies says nothing: its lease is found free by looking. */
const LOOK_EVERY = 50;
/** A value that was sent and has not come after this long never will. */
const PATIENCE = 1_000;
/** A thread that has not answered by then is blocked or dead. */
const GATHER_PATIENCE = 500;

/**
 * What the threads of a process do for each other when there is no store, or it is down: one makes a value at a time, and hands it to all.
 *
 * A key (hashed to a slot) is leased by a word of shared memory, which is freed when its thread dies. Beside it a counter says how
 * many values were sent for the slot: whoever gets the lease first waits for those still on their way.
 */
export class ThreadSiblings {
  readonly #owners: Int32Array;
  readonly #sent: Int32Array;
  /** How many of the values sent this thread has seen. */
  readonly #seen: Int32Array;
  /** Slots that this thread holds, and for how many keys. */
  readonly #held = new Map<number, number>();
  readonly #waiting = new Map<number, Set<() => void>>();
  readonly #gathering = new Map<string, (report: unknown) => void>();
  readonly #channel: BroadcastChannel;
  readonly #owner: number;
  readonly #clock: Clock;
  readonly #isAlone: () => boolean;
  #closed = false;

  static async open(options: SiblingsOptions): Promise<ThreadSiblings> {
    const locks = { byteOffset: 0, count: SLOTS };
    const segment = await options.memory.claim(`cache:${options.name}:leases`, SLOTS * 2 * Int32Array.BYTES_PER_ELEMENT, locks);
    return new ThreadSiblings(options, segment);
  }

  private constructor(options: SiblingsOptions, segment: SharedArrayBuffer) {
    this.#owners = new Int32Array(segment, 0, SLOTS);
    this.#sent = new Int32Array(segment, SLOTS * Int32Array.BYTES_PER_ELEMENT, SLOTS);
    this.#owner = options.threadIndex + 1;
    this.#clock = options.clock;
    this.#isAlone = options.isAlone;
    this.#channel = new BroadcastChannel(`plinth:cache:${options.id}`);
    this.#channel.addEventListener("message", (event) => {
      const message = (event as unknown as { readonly data: Message }).data;
      if (message.kind === "slot") this.#settle(message.slot, message.value, options.receive);
      else if (message.kind === "ask") this.#post({ kind: "answer", call: message.call, report: options.report() });
      else this.#gathering.get(message.call)?.(message.report);
    });
    this.#channel.unref();
    // After the channel is open: what is sent from here on is also counted on arrival.
    this.#seen = Int32Array.from(this.#sent);
  }

  close(): void {
    this.#closed = true;
    this.#channel.close();
  }

  /** @param hash of what is leased */
  slotOf(hash: number): number {
    return hash & (SLOTS - 1);
  }

  /** Takes a slot, unless another thread has it. A thread may take one several times: its own callers share their work anyway. */
  acquire(slot: number): boolean {
    const times = this.#held.get(slot) ?? 0;
    if (times === 0 && Atomics.compareExchange(this.#owners, slot, 0, this.#owner) !== 0) return false;
    this.#held.set(slot, times + 1);
    return true;
  }

  /** The index of the thread that holds a slot. */
  holder(slot: number): number | undefined {
    const owner = Atomics.load(this.#owners, slot);
    return owner === 0 ? undefined : owner - 1;
  }

  release(slot: number): void {
    const times = this.#held.get(slot) ?? 0;
    if (times > 1) {
      this.#held.set(slot, times - 1);
      return;
    }
    this.#held.delete(slot);
    Atomics.compareExchange(this.#owners, slot, this.#owner, 0);
    this.#post({ kind: "slot", slot });
    this.#wake(slot);
  }

  /** Hands a value to all. Its bytes are copied once, into memory that they share. */
  share(slot: number, value: SharedValue): void {
    if (this.#closed || this.#isAlone()) return;
    const bytes = new Uint8Array(new SharedArrayBuffer(value.bytes.length));
    bytes.set(value.bytes);
    this.#post({ kind: "slot", slot, value: { ...value, bytes } });
    // Own values are not received. After the message: who sees the count can wait for it.
    this.#seen[slot] = (this.#seen[slot] as number) + 1;
    Atomics.add(this.#sent, slot, 1);
  }

  #settle(slot: number, value: SharedValue | undefined, receive: SiblingsOptions["receive"]): void {
    if (value !== undefined) {
      this.#seen[slot] = (this.#seen[slot] as number) + 1;
      receive(value);
    }
    this.#wake(slot);
  }

  /**
   * What each of the other threads says of itself; those that do not answer in time are left out.
   *
   * @param others how many there are
   */
  async gather(others: number): Promise<readonly unknown[]> {
    if (others <= 0) return [];
    const call = randomUUID();
    const reports: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gathering.set(call, (report) => {
      if (reports.push(report) >= others) resolve();
    });
    const timer = this.#clock.schedule(GATHER_PATIENCE, resolve);
    this.#post({ kind: "ask", call });
    await promise;
    timer.cancel();
    this.#gathering.delete(call);
    return reports;
  }

  #post(message: Message): void {
    if (!this.#closed && !this.#isAlone()) this.#channel.postMessage(message);
  }

  /** Resolves when something happened to a slot, or after a while. */
  async news(slot: number): Promise<void> {
    await this.#wait(slot, LOOK_EVERY);
  }

  /** Resolves when every value that was sent for a slot has been received. */
  async caughtUp(slot: number): Promise<void> {
    const until = this.#clock.monotonic() + PATIENCE;
    for (;;) {
      const sent = Atomics.load(this.#sent, slot);
      if (sent - (this.#seen[slot] as number) <= 0) return;
      if (this.#clock.monotonic() >= until) {
        this.#seen[slot] = sent;
        return;
      }
      await this.#wait(slot, PATIENCE);
    }
  }

  #wait(slot: number, milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const waiting = this.#waiting.get(slot) ?? new Set();
      this.#waiting.set(slot, waiting);
      const finish = (): void => {
        timer.cancel();
        waiting.delete(finish);
        if (waiting.size === 0 && this.#waiting.get(slot) === waiting) this.#waiting.delete(slot);
        if (this.#waiting.size === 0) this.#channel.unref();
        resolve();
      };
      const timer: Timer = this.#clock.schedule(milliseconds, finish);
      waiting.add(finish);
      // Whoever waits is not done: timers alone keep no thread alive.
      this.#channel.ref();
    });
  }

  #wake(slot: number): void {
    for (const finish of this.#waiting.get(slot) ?? []) finish();
  }
}
