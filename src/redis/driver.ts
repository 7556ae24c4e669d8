import type * as Client from "@redis/client";
import { type Clock, toError } from "../core/mod.ts";
import type { RedisAddress } from "./address.ts";
import type { RedisWord } from "./contract.ts";
import { errors } from "./errors.ts";

/** One connection that is up. When it is lost it is not mended: another is opened. */
export interface Connection {
  /** Rejects with what the server said, or with why the connection was lost. Replies come in the order of the calls. */
  send(words: readonly RedisWord[], bytes: boolean): Promise<unknown>;
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  /** Whether an error is what the server answered, and not a failure on the way. */
  isReply(error: unknown): error is Error;
  /** Ends it at once; whatever waits for a reply is rejected. */
  destroy(): void;
}

export interface ConnectOptions {
  readonly address: RedisAddress;
  /** Certificates to trust besides the usual ones, in PEM. */
  readonly ca: string | undefined;
  readonly clock: Clock;
  /** Milliseconds until the server must have been reached and greeted. */
  readonly timeout: number;
  /** Gives up connecting. */
  readonly signal: AbortSignal;
  /** Told once when the connection that was up is lost, but not after `destroy`. */
  readonly lost: (error: Error) => void;
}

export type Connect = (options: ConnectOptions) => Promise<Connection>;

/** How the driver's package is imported: tests leave it out. */
export type ImportDriver = () => Promise<typeof Client>;

/**
 * Loads `@redis/client`, of which only the protocol and one connection are used: no queue while it is away, no reconnecting of its own.
 *
 * @throws E_REDIS_DRIVER_MISSING
 */
export async function loadDriver(importDriver: ImportDriver = () => import("@redis/client")): Promise<Connect> {
  try {
    const client = await importDriver();
    return (options) => connect(client, options);
  } catch (cause) {
    if ((cause as { code?: unknown } | null)?.code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw errors.DRIVER_MISSING({}, { cause });
  }
}

async function connect({ createClient, ErrorReply, RESP_TYPES }: typeof Client, options: ConnectOptions): Promise<Connection> {
  const { address, timeout } = options;
  const { host, port, username, password, database } = address;
  const socket = { host, port, connectTimeout: timeout, reconnectStrategy: false as const };
  const client = createClient({
    // Version 2 of the protocol answers every command with plain lists and texts, on all servers.
    RESP: 2,
    socket: address.tls
      ? { ...socket, tls: true, servername: host, ...(options.ca === undefined ? {} : { ca: options.ca }) }
      : socket,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    database,
    disableClientInfo: true,
    disableOfflineQueue: true,
    maintNotifications: "disabled",
  });
  let destroyed = false;
  let up = false;
  const destroy = (): void => {
    destroyed = true;
    client.destroy();
  };
  client.on("error", (error: unknown) => {
    if (destroyed || !up) return;
    destroy();
    options.lost(toError(error));
  });
  await openWithin(client, options, destroy);
  up = true;
  const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer, [RESP_TYPES.SIMPLE_STRING]: Buffer } };
  return {
    send: (words, bytes) => client.sendCommand<unknown>(words.map(encodeWord), bytes ? asBytes : undefined),
    subscribe: (channel, listener) => client.subscribe(channel, listener),
    unsubscribe: (channel) => client.unsubscribe(channel),
    isReply: (error) => error instanceof ErrorReply,
    destroy,
  };
}

interface Openable {
  connect(): Promise<unknown>;
  sendCommand(words: readonly string[]): Promise<unknown>;
}

/**
 * The client's own time-out ends with the TCP connection, but a server that hangs accepts those: it must have answered once. One that
 * still loads its data, or wants a password, answers with an error.
 */
async function openWithin(client: Openable, options: ConnectOptions, destroy: () => void): Promise<void> {
  const { clock, signal, timeout } = options;
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = clock.schedule(timeout, () => reject(new Error(`no greeting within ${timeout} ms`)));
  const leave = (): void => reject(toError(signal.reason));
  signal.addEventListener("abort", leave, { once: true });
  const opened = client.connect().then(() => client.sendCommand(["PING"]));
  try {
    await Promise.race([opened, promise]);
  } catch (error) {
    destroy();
    // A socket that was still on its way when it was given up may come up later: it is ended then.
    opened.then(destroy, destroy);
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", leave);
  }
}

function encodeWord(word: RedisWord): string | Buffer {
  if (typeof word === "string") return word;
  if (typeof word === "number") return String(word);
  return Buffer.isBuffer(word) ? word : Buffer.from(word.buffer, word.byteOffset, word.byteLength);
}
