import { type Clock, type Duration, parseDuration } from "../../core/mod.ts";

/** What can expire: a link of the queue's list. */
export interface Expiring {
  /** In {@link Clock.monotonic} milliseconds. */
  deadline: number;
  previous: Expiring | null;
  next: Expiring | null;
  expire(): void;
}

/**
 * Deadlines of one length. All entries wait equally long, so they expire in the order they came: one list and one timer
 * for all of them, instead of a timer for each request.
 */
export class DeadlineQueue {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  #head: Expiring | null = null;
  #tail: Expiring | null = null;
  #armed = false;

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
  }

  /** @param now the entry's start, in monotonic milliseconds */
  add(entry: Expiring, now: number): void {
    entry.deadline = now + this.#milliseconds;
    entry.previous = this.#tail;
    entry.next = null;
    if (this.#tail === null) this.#head = entry;
    else this.#tail.next = entry;
    this.#tail = entry;
    if (!this.#armed) this.#arm(this.#milliseconds);
  }

  /** Removes an entry; one that is not in the queue is left alone. */
  remove(entry: Expiring): void {
    if (entry.previous === null && this.#head !== entry) return;
    if (entry.previous === null) this.#head = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next === null) this.#tail = entry.previous;
    else entry.next.previous = entry.previous;
    entry.previous = null;
    entry.next = null;
  }

  #arm(milliseconds: number): void {
    this.#armed = true;
    this.#clock.schedule(milliseconds, () => this.#expireDue());
  }

  #expireDue(): void {
    this.#armed = false;
    const now = this.#clock.monotonic();
    while (this.#head !== null && this.#head.deadline <= now) {
      const due = this.#head;
      this.remove(due);
      due.expire();
    }
    // The timer is not moved when entries leave: it may fire early, and then waits for the one that is first by now.
    if (this.#head !== null && !this.#armed) this.#arm(Math.max(1, this.#head.deadline - now));
  }
}

/** Deadline queues by length. */
export class DeadlineTable {
  readonly #queues = new Map<number, DeadlineQueue>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The queue of one length; none for no deadline. */
  queueFor(deadline: Duration): DeadlineQueue | null {
    const milliseconds = parseDuration(deadline);
    if (milliseconds === 0) return null;
    let queue = this.#queues.get(milliseconds);
    if (queue === undefined) this.#queues.set(milliseconds, (queue = new DeadlineQueue(this.#clock, milliseconds)));
    return queue;
  }
}
