import { once } from "node:events";
import { type Server, type Socket, createServer } from "node:net";
import { findSparePort } from "../services/spare-port.ts";
import { type Fault, ProxiedConnection, type Target, type Traffic } from "./proxied-connection.ts";

export interface FaultyProxyOptions {
  /** The server behind it: its address, or its URL (`postgres://127.0.0.1/app`). */
  readonly to: Target | string;
}

/**
 * A TCP proxy with faults. A switch holds for all connections, those that are open and those to come, until the next one. `await using`
 * resets what is open and closes it.
 */
export interface FaultyProxy extends AsyncDisposable {
  /** Its port on 127.0.0.1; the same as long as it lives. */
  readonly port: number;
  /** Connections that it has accepted so far. */
  readonly connections: number;
  /** Connections that are open. */
  readonly open: number;
  /** Bytes forwarded to the server so far. */
  readonly bytesUp: number;
  /** Bytes forwarded to clients so far. */
  readonly bytesDown: number;
  /** The same URL, with the proxy in place of the host and port. */
  url(of: string): string;
  /** Forwards everything, as at the beginning. What a hang or a delay has held back goes on its way first. */
  pass(): Promise<void>;
  /** Connections stay open and can be opened, and nothing is forwarded: not even that the other end has gone. */
  hang(): Promise<void>;
  /** Refuses new connections, as a server does that is not there. Open ones stay: to end them too, `cut()`. */
  refuse(): Promise<void>;
  /** Everything arrives so many milliseconds later, in order, in both directions. */
  delay(milliseconds: number): Promise<void>;
  /**
   * Lets so many more bytes of each connection pass in one direction; the next byte resets the connection. `dropAfter(0)` loses the answer to a
   * request that the server has carried out.
   *
   * @param direction `down` to the client (default), `up` to the server
   */
  dropAfter(bytes: number, direction?: "up" | "down"): Promise<void>;
  /** Resets all open connections. New ones are treated as before. */
  cut(): void;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  "http:": 80,
  "https:": 443,
  "mysql:": 3_306,
  "postgres:": 5_432,
  "postgresql:": 5_432,
  "redis:": 6_379,
};

const NO_FAULT: Fault = { isHanging: false, delay: 0, allowance: { up: Infinity, down: Infinity } };

/**
 * Puts a TCP proxy before a server, to see what its clients do when the network fails.
 *
 * @example
 * await using proxy = await createFaultyProxy({ to: redis.url });
 * const client = createClient({ url: proxy.url(redis.url) });
 * await proxy.hang();
 */
export async function createFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const target = typeof options.to === "string" ? targetOf(new URL(options.to)) : options.to;
  const proxy = new RunningProxy(target, await findSparePort());
  await proxy.pass();
  return proxy;
}

function targetOf({ hostname, port, protocol }: URL): Target {
  return { host: hostname.replace(/^\[(.*)\]$/, "$1"), port: port === "" ? (DEFAULT_PORTS[protocol] ?? 0) : Number(port) };
}

class RunningProxy implements FaultyProxy {
  readonly port: number;
  connections = 0;
  readonly #target: Target;
  readonly #traffic: Traffic = { up: 0, down: 0 };
  readonly #open = new Set<ProxiedConnection>();
  /** Accepted during a hang: the server does not hear of them before it ends. */
  readonly #waiting = new Set<Socket>();
  #fault = NO_FAULT;
  #listener: Server | undefined;

  constructor(target: Target, port: number) {
    this.#target = target;
    this.port = port;
  }

  get open(): number {
    return this.#open.size + this.#waiting.size;
  }

  get bytesUp(): number {
    return this.#traffic.up;
  }

  get bytesDown(): number {
    return this.#traffic.down;
  }

  url(of: string): string {
    const url = new URL(of);
    url.hostname = "127.0.0.1";
    url.port = String(this.port);
    return url.href;
  }

  async pass(): Promise<void> {
    await this.#change(NO_FAULT);
  }

  async hang(): Promise<void> {
    await this.#change({ ...NO_FAULT, isHanging: true });
  }

  async delay(milliseconds: number): Promise<void> {
    await this.#change({ ...NO_FAULT, delay: milliseconds });
  }

  async dropAfter(bytes: number, direction: "up" | "down" = "down"): Promise<void> {
    await this.#change({ ...NO_FAULT, allowance: { ...NO_FAULT.allowance, [direction]: bytes } });
  }

  async refuse(): Promise<void> {
    await this.#change(NO_FAULT, false);
  }

  cut(): void {
    for (const connection of this.#open) connection.cut();
    for (const socket of this.#waiting) socket.resetAndDestroy();
    this.#waiting.clear();
  }

  async #change(fault: Fault, isListening = true): Promise<void> {
    this.#fault = fault;
    for (const connection of this.#open) connection.change(fault);
    if (!fault.isHanging) for (const socket of this.#waiting) this.#connect(socket);
    if (isListening) await this.#listen();
    else this.#close();
  }

  async #listen(): Promise<void> {
    if (this.#listener !== undefined) return;
    const listener = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => this.#accept(socket));
    this.#listener = listener;
    listener.listen(this.port, "127.0.0.1");
    await once(listener, "listening");
  }

  #close(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  #accept(socket: Socket): void {
    this.connections += 1;
    this.#waiting.add(socket);
    if (!this.#fault.isHanging) this.#connect(socket);
  }

  #connect(socket: Socket): void {
    this.#waiting.delete(socket);
    const connection: ProxiedConnection = new ProxiedConnection(socket, this.#target, {
      fault: this.#fault,
      traffic: this.#traffic,
      onClose: () => this.#open.delete(connection),
    });
    this.#open.add(connection);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    this.cut();
  }
}
