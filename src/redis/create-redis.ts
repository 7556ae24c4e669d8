import { type Clock, type Secret, isPlinthError, isSecret, systemClock, toError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import { type RedisAddress, parseAddress } from "./address.ts";
import { commandFinished, stateChanged } from "./channels.ts";
import type { CommandOptions, Redis, RedisScript, RedisState, RedisWord } from "./contract.ts";
import { type Connection, loadDriver } from "./driver.ts";
import { errors } from "./errors.ts";
import { Link, type LinkOptions } from "./link.ts";
import { Listeners } from "./listeners.ts";
import { Subscriptions } from "./subscriptions.ts";

export interface RedisOptions {
  /** `redis://user:password@host:6379/0`, or `rediss://…` for TLS. */
  readonly url: string | Secret;
  /** What the keys of this program start with, ending with `:`. Rooms put it before their keys themselves. Default `""`. */
  readonly prefix?: string;
  /** Told when the server goes and when it is back. */
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Milliseconds to wait for a reply. Default 500. */
  readonly commandTimeout?: number;
  /** Milliseconds to reach and greet the server. Default 2000. */
  readonly connectTimeout?: number;
  /** Milliseconds between two looks whether the server is still there. Default 5000. */
  readonly heartbeat?: number;
  /** Whether the program cannot do without it: `start` then fails when the server is away, and so does `check`. Default false. */
  readonly required?: boolean;
  /** Certificates in PEM to trust besides the usual ones, for `rediss://`. */
  readonly ca?: string;
  /** The service's name. Default `"redis"`. */
  readonly name?: string;
}

/** So many time-outs without a reply between them, and the connection is given up for another. */
const MISSES_ALLOWED = 3;

/** What a server says that is there but cannot serve now. */
const AWAY = /^(?:LOADING|MASTERDOWN|CLUSTERDOWN|READONLY|TRYAGAIN|BUSY|UNBLOCKED) /;

/**
 * Makes the connection of a thread to Redis: a service for the app's `services`. Starting it waits for the first attempt to connect;
 * when that fails the program starts all the same (unless `required`), and it goes on trying.
 *
 * @throws E_REDIS_URL_INVALID, E_REDIS_OPTIONS_INVALID; on start E_REDIS_DRIVER_MISSING, and with `required` E_REDIS_UNAVAILABLE
 * @example
 * const redis = createRedis({ url: "redis://127.0.0.1:6379", prefix: "shop:" });
 */
export function createRedis(options: RedisOptions): Redis {
  const { prefix = "" } = options;
  if (prefix !== "" && !prefix.endsWith(":"))
    throw errors.OPTIONS_INVALID({ reason: `its prefix "${prefix}" does not end with ":"` });
  for (const name of ["commandTimeout", "connectTimeout", "heartbeat"] as const) {
    const value = options[name];
    if (value !== undefined && !(value > 0 && value < 2 ** 31))
      throw errors.OPTIONS_INVALID({ reason: `\`${name}\` must be a number of milliseconds above 0, not ${value}` });
  }
  const address = parseAddress(isSecret(options.url) ? options.url.reveal() : options.url);
  return new RedisClient(options, prefix, address);
}

class RedisClient implements Redis {
  readonly name: string;
  readonly prefix: string;
  readonly #options: RedisOptions;
  readonly #address: RedisAddress;
  readonly #clock: Clock;
  readonly #timeout: number;
  readonly #states: Listeners<RedisState>;
  readonly #gaps: Listeners<undefined>;
  #link: Link | undefined;
  #subscriptions: Subscriptions | undefined;
  #closing = false;
  #downSince = 0;
  /** Time-outs since the last reply. */
  #misses = 0;
  #pending = 0;
  #drained: (() => void) | undefined;

  constructor(options: RedisOptions, prefix: string, address: RedisAddress) {
    this.#options = options;
    this.#address = address;
    this.#clock = options.clock ?? systemClock;
    this.#timeout = options.commandTimeout ?? 500;
    this.name = options.name ?? "redis";
    this.prefix = prefix;
    this.#states = new Listeners(options.log);
    this.#gaps = new Listeners(options.log);
  }

  get state(): RedisState {
    return this.#link?.state ?? (this.#closing ? "down" : "connecting");
  }

  async start(signal?: AbortSignal): Promise<void> {
    const { ca, connectTimeout = 2_000, heartbeat = 5_000, log, required = false } = this.#options;
    const connect = await loadDriver();
    signal?.throwIfAborted();
    const target = { address: this.#address, ca, clock: this.#clock, timeout: connectTimeout };
    const shared: Omit<LinkOptions, "changed"> = { connect, target, heartbeat };
    this.#closing = false;
    const link = new Link({ ...shared, changed: (state, error) => this.#changed(state, error) });
    this.#link = link;
    this.#subscriptions = new Subscriptions({ ...shared, log, gap: () => this.#gaps.tell(undefined) });
    await link.open();
    if (required && link.state !== "ready") throw this.#unavailable(link.error);
  }

  check(): void {
    if (this.#options.required === true && this.state !== "ready") throw this.#unavailable(this.#link?.error);
  }

  /** Waits for the replies that are still to come: each has its time-out. */
  async stop(): Promise<void> {
    this.#closing = true;
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    const error = new Error("it was stopped");
    this.#subscriptions?.stop(error);
    this.#link?.stop(error);
  }

  async command<Reply>(words: readonly RedisWord[], options: CommandOptions = {}): Promise<Reply> {
    return (await this.#send(String(words[0]).toUpperCase(), words, options)) as Reply;
  }

  async script<Reply>(
    script: RedisScript,
    keys: readonly string[],
    words: readonly RedisWord[],
    options: CommandOptions = {},
  ): Promise<Reply> {
    const name = `script ${script.name}`;
    const rest = [keys.length, ...keys, ...words];
    try {
      return (await this.#send(name, ["EVALSHA", script.hash, ...rest], options)) as Reply;
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return (await this.#send(name, ["EVAL", script.source, ...rest], options)) as Reply;
    }
  }

  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>> {
    if (this.#subscriptions === undefined || this.#closing) return Promise.reject(this.#unavailable(undefined));
    return this.#subscriptions.subscribe(channel, listener);
  }

  onGap(listener: () => void): () => void {
    return this.#gaps.add(listener);
  }

  onState(listener: (state: RedisState) => void): () => void {
    return this.#states.add(listener);
  }

  /** The driver is never told of time-outs and signals: it hands each reply to its command, whether or not somebody still waits for it. */
  #send(name: string, words: readonly RedisWord[], options: CommandOptions): Promise<unknown> {
    const { signal, timeout = this.#timeout, bytes = false } = options;
    const connection = this.#closing ? undefined : this.#link?.connection;
    if (signal?.aborted === true) return Promise.reject(toError(signal.reason));
    if (connection === undefined) {
      const error = this.#unavailable(this.#link?.error);
      if (commandFinished.hasSubscribers) commandFinished.publish({ name, ms: 0, error });
      return Promise.reject(error);
    }
    const reply = connection.send(words, bytes);
    const started = this.#clock.monotonic();
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    let open = true;
    const finish = (error: Error | undefined, value?: unknown): void => {
      if (!open) return;
      open = false;
      timer.cancel();
      signal?.removeEventListener("abort", leave);
      if (commandFinished.hasSubscribers) commandFinished.publish({ name, ms: this.#clock.monotonic() - started, error });
      this.#ended();
      if (error === undefined) resolve(value);
      else reject(error);
    };
    const leave = (): void => finish(toError(signal?.reason));
    this.#pending += 1;
    const timer = this.#clock.schedule(timeout, () => {
      finish(errors.TIMEOUT({ server: this.#address.label, command: name, milliseconds: timeout }));
      this.#missed(connection, timeout);
    });
    signal?.addEventListener("abort", leave, { once: true });
    reply.then(
      (value) => {
        this.#misses = 0;
        finish(undefined, value);
      },
      (thrown: unknown) => finish(this.#explain(name, connection, toError(thrown))),
    );
    return promise;
  }

  #ended(): void {
    this.#pending -= 1;
    if (this.#pending === 0) this.#drained?.();
  }

  /** A caller in a hurry proves nothing: only commands that had the whole time count. */
  #missed(connection: Connection, timeout: number): void {
    if (timeout < this.#timeout) return;
    this.#misses += 1;
    if (this.#misses < MISSES_ALLOWED) return;
    this.#misses = 0;
    this.#link?.drop(connection, new Error(`${MISSES_ALLOWED} commands in a row had no answer within ${this.#timeout} ms`));
  }

  #explain(command: string, connection: Connection, cause: Error): Error {
    if (!connection.isReply(cause)) return this.#unavailable(this.#link?.error ?? cause);
    this.#misses = 0;
    if (!AWAY.test(cause.message)) return errors.REPLY_ERROR({ command, reply: cause.message }, { cause });
    // A server that has become a replica stays one: its name may lead to another by now.
    if (cause.message.startsWith("READONLY ")) this.#link?.drop(connection, cause);
    return this.#unavailable(cause);
  }

  #unavailable(cause: Error | undefined): Error {
    const reason = this.#closing ? "it was stopped" : (cause?.message ?? "it has not been started");
    return errors.UNAVAILABLE({ server: this.#address.label, reason }, cause === undefined ? {} : { cause });
  }

  #changed(state: RedisState, error: Error | undefined): void {
    const { log } = this.#options;
    const server = this.#address.label;
    this.#misses = 0;
    if (state === "down") {
      this.#downSince = this.#clock.monotonic();
      if (!this.#closing) log?.warn({ server, error }, "Redis is away; it is tried again all the time");
    } else if (this.#downSince > 0) {
      log?.info({ server, seconds: Math.round(this.#clock.monotonic() - this.#downSince) / 1_000 }, "Redis is back");
    }
    if (stateChanged.hasSubscribers) stateChanged.publish({ server, state, error });
    this.#states.tell(state);
  }
}

function isUnknownScript(error: unknown): boolean {
  return (
    isPlinthError(error, errors.REPLY_ERROR.code) && error.cause instanceof Error && error.cause.message.startsWith("NOSCRIPT")
  );
}
