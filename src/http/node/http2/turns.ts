/** So many requests of a connection begin in one turn of the event loop; HTTP/1 has as many under way. */
const MAX_A_TURN = 8;

/**
 * Lets a connection's requests begin a few at a time. A hundred can come in one packet, and begun without a pause they would block the thread for
 * as long as they all take, with nobody in between who could see that and refuse some.
 */
export class Turns {
  #left = MAX_A_TURN;
  #waiting: (() => void)[] = [];
  #ends = false;

  /** Calls `begin` now, or in one of the next turns, in order. */
  take(begin: () => void): void {
    if (!this.#ends) {
      this.#ends = true;
      setImmediate(() => this.#next());
    }
    if (this.#left === 0) {
      this.#waiting.push(begin);
      return;
    }
    this.#left -= 1;
    begin();
  }

  #next(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#left = MAX_A_TURN;
    this.#ends = false;
    for (const begin of waiting) this.take(begin);
  }
}
