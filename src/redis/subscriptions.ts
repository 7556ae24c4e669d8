import { toError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { Connection } from "./driver.ts";
import { Link, type LinkOptions } from "./link.ts";
import { Listeners } from "./listeners.ts";

export interface SubscriptionsOptions extends Omit<LinkOptions, "greet" | "changed"> {
  readonly log: Logger | undefined;
  /** Called when messages may have been lost. */
  readonly gap: () => void;
}

/** Listens on channels over a connection of its own, which is opened with the first of them. */
export class Subscriptions {
  readonly #listeners = new Map<string, Listeners<string>>();
  readonly #log: Logger | undefined;
  readonly #link: Link;
  #opening: Promise<void> | undefined;
  /** Channels that the present connection listens on, or has been told to. */
  #confirmed = new Map<string, Promise<void>>();
  #interrupted = false;

  constructor(options: SubscriptionsOptions) {
    this.#log = options.log;
    this.#link = new Link({
      ...options,
      greet: (connection) => {
        this.#confirmed = new Map();
        return this.#confirmAll(connection);
      },
      changed: (state) => {
        if (state === "ready") this.#confirmLate();
        if (state === "down" || this.#interrupted) options.gap();
        this.#interrupted = state === "down";
      },
    });
  }

  /** Resolves when the server has confirmed, or could not be reached: then it is made good later, and a gap is told. */
  async subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#listeners.get(channel) ?? new Listeners<string>(this.#log);
    this.#listeners.set(channel, listeners);
    const remove = listeners.add(listener);
    this.#opening ??= this.#link.open();
    await this.#opening;
    const { connection } = this.#link;
    // When that fails the connection is gone, and the next one begins with all channels.
    if (connection !== undefined) await this.#confirm(connection, channel).catch(() => undefined);
    return async () => {
      remove();
      if (listeners.size === 0 && this.#listeners.get(channel) === listeners) await this.#leave(channel);
    };
  }

  stop(error: Error): void {
    this.#link.stop(error);
  }

  async #leave(channel: string): Promise<void> {
    this.#listeners.delete(channel);
    const { connection } = this.#link;
    if (connection === undefined || !this.#confirmed.delete(channel)) return;
    await connection.unsubscribe(channel).catch((thrown: unknown) => this.#link.drop(connection, toError(thrown)));
  }

  async #confirmAll(connection: Connection): Promise<void> {
    await Promise.all([...this.#listeners.keys()].map((channel) => this.#confirm(connection, channel)));
  }

  /** Channels that were asked for while the connection was being greeted. */
  #confirmLate(): void {
    const { connection } = this.#link;
    if (connection === undefined) return;
    this.#confirmAll(connection).catch((thrown: unknown) => this.#link.drop(connection, toError(thrown)));
  }

  #confirm(connection: Connection, channel: string): Promise<void> {
    const known = this.#confirmed.get(channel);
    if (known !== undefined) return known;
    const confirmed = connection.subscribe(channel, (message) => this.#listeners.get(channel)?.tell(message));
    this.#confirmed.set(channel, confirmed);
    return confirmed;
  }
}
