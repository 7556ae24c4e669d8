import { type Clock, type Timer, toError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { AccessList, Statement } from "./access-list.ts";
import type { AccessStore } from "./access-store.ts";

/** Milliseconds until what was said on other machines is known. */
const REFRESH = 5_000;
/** Milliseconds until a store that was away is told again what it does not know. */
const RETRY = 500;

export interface AccessFollowerOptions {
  readonly list: AccessList;
  readonly store: AccessStore;
  readonly clock: Clock;
  readonly log: Logger | undefined;
}

/**
 * Keeps the list of the process and the store of all machines alike. While the store is away, what was known last holds, and so does what
 * operators say meanwhile: the store is told before anything is read from it. One that has lost its data is told what is remembered.
 */
export class AccessFollower {
  readonly #options: AccessFollowerOptions;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(options: AccessFollowerOptions) {
    this.#options = options;
  }

  /** Takes over what the store says, now and from now on. Never rejects. */
  async follow(): Promise<void> {
    const { list, log } = this.#options;
    try {
      for (const statement of list.untold) await this.#tell(statement);
      // Where something was said while the store was read, it is read again.
      while (!(await this.#read()));
    } catch (thrown) {
      log?.debug({ error: toError(thrown) }, "who is blocked could not be read anew");
    }
    this.#schedule(list.untold.length > 0 ? RETRY : REFRESH);
  }

  /** Tells the store what the list says already; later, when it is away. */
  async say(statement: Statement): Promise<void> {
    try {
      await this.#tell(statement);
    } catch (thrown) {
      const { subject } = statement;
      this.#options.log?.warn({ subject, error: toError(thrown) }, UNTOLD);
      this.#schedule(RETRY);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #tell(statement: Statement): Promise<void> {
    const { list, store } = this.#options;
    await (statement.entry === null ? store.delete(statement.subject) : store.set(statement.entry));
    list.told(statement);
  }

  /** @returns whether it could be taken over */
  async #read(): Promise<boolean> {
    const { list, store, log } = this.#options;
    const { version, mark } = list;
    const stored = await store.load();
    if (mark === "" || mark === stored.mark) return list.replace(stored, version);
    const known = new Set(stored.entries.map(({ subject }) => subject));
    const lost = list.entries.filter(({ subject }) => !known.has(subject));
    await Promise.all(lost.map((entry) => store.set(entry)));
    if (!list.replace({ mark: stored.mark, entries: [...stored.entries, ...lost] }, version)) return false;
    log?.warn({ entries: lost.length }, "the store of limits had lost who is blocked and let through: it was told again");
    return true;
  }

  #schedule(milliseconds: number): void {
    this.#timer?.cancel();
    if (!this.#stopped) this.#timer = this.#options.clock.schedule(milliseconds, () => void this.follow());
  }
}

const UNTOLD = "the store of limits is away: other machines do not know yet what an operator has said";
