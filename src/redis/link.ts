import { type Timer, toError } from "../core/mod.ts";
import type { RedisState } from "./contract.ts";
import type { Connect, Connection, ConnectOptions } from "./driver.ts";

export interface LinkOptions {
  readonly connect: Connect;
  readonly target: Pick<ConnectOptions, "address" | "ca" | "clock" | "timeout">;
  /** Milliseconds between two questions whether the server is still there; one that it has not answered by the next ends the connection. */
  readonly heartbeat: number;
  /** Told of each connection that came up, before anyone else uses it. When it rejects, the connection is given up. */
  readonly greet?: (connection: Connection) => Promise<void>;
  readonly changed: (state: RedisState, error: Error | undefined) => void;
}

// Pauses double from the first to the longest; each is shortened at random by up to a half, so that clients do not come in step.
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 2_000;

/** A connection that is opened again whenever it is lost, for ever. Nothing is queued while there is none. */
export class Link {
  readonly #options: LinkOptions;
  readonly #stopped = new AbortController();
  #connection: Connection | undefined;
  #state: RedisState = "connecting";
  #error: Error | undefined;
  #failures = 0;
  /** The next attempt, or the next heartbeat. */
  #timer: Timer | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  get state(): RedisState {
    return this.#state;
  }

  /** What there is to talk through now. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Why there is none. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Tries to connect once, and goes on by itself if that fails. Never rejects. */
  open(): Promise<void> {
    return this.#attempt();
  }

  /** Gives a connection up and opens another. */
  drop(connection: Connection, error: Error): void {
    if (this.#connection !== connection) return;
    connection.destroy();
    this.#fail(error);
  }

  stop(error: Error): void {
    this.#stopped.abort(error);
    this.#timer?.cancel();
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#change("down", error);
  }

  async #attempt(): Promise<void> {
    const { connect, target, greet } = this.#options;
    let connection: Connection | undefined;
    const { signal } = this.#stopped;
    let lostEarly: Error | undefined;
    const lost = (error: Error): void => {
      if (this.#connection === connection && connection !== undefined) this.#fail(error);
      else lostEarly = error;
    };
    try {
      connection = await connect({ ...target, signal, lost });
      await greet?.(connection);
      signal.throwIfAborted();
      if (lostEarly !== undefined) throw lostEarly;
    } catch (thrown) {
      connection?.destroy();
      this.#fail(toError(thrown));
      return;
    }
    this.#connection = connection;
    this.#failures = 0;
    this.#watch(connection);
    this.#change("ready", undefined);
  }

  /** Finds a connection that is only half open before anyone needs it. */
  #watch(connection: Connection): void {
    let answered = true;
    const beat = (): void => {
      if (!answered) {
        this.drop(connection, new Error(`no answer to PING within ${this.#options.heartbeat} ms`));
        return;
      }
      answered = false;
      // An error is an answer too; that the connection was lost is told elsewhere.
      void connection.send(["PING"], false).then(heard, heard);
      schedule();
    };
    const heard = (): void => {
      answered = true;
    };
    const schedule = (): void => {
      this.#timer = this.#options.target.clock.schedule(this.#options.heartbeat, beat);
    };
    schedule();
  }

  #fail(error: Error): void {
    this.#connection = undefined;
    this.#timer?.cancel();
    if (this.#stopped.signal.aborted) return;
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#timer = this.#options.target.clock.schedule(pause * (0.5 + Math.random() / 2), () => void this.#attempt());
    this.#change("down", error);
  }

  #change(state: RedisState, error: Error | undefined): void {
    this.#error = error;
    if (this.#state === state) return;
    this.#state = state;
    this.#options.changed(state, error);
  }
}
