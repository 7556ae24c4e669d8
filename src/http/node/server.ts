import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import { type Socket, Server as TcpServer } from "node:net";
import type { Duplex } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, type PlinthError, delay, systemClock } from "../../core/mod.ts";
import { findFramingFault } from "../../security/mod.ts";
import type { RequestHandler } from "../handler.ts";
import type { LiveExchange } from "../pipeline/exchange.ts";
import { cutShort } from "../pipeline/run.ts";
import { type Acceptance, acceptRequest } from "./accept.ts";
import { endWaiting } from "./answer-batch.ts";
import { http } from "./builtin-http.ts";
import { findTrailerFault } from "./body.ts";
import type { Sessions } from "./http2/sessions.ts";
import { Doors } from "./doors.ts";
import { type ListenOptions, type ListeningAddress, listenOn } from "./listen.ts";
import { type ProxyOptions, TrustedProxies } from "./proxies.ts";
import { parserError, refusalOf, refuse } from "./refuse.ts";
import { type Certificate, SecureListener } from "./secure-listener.ts";
import { SlowClientGuard } from "./slow-clients.ts";
import { NodeTransport } from "./transport.ts";
import { UpgradeTransport, acceptUpgrades } from "./upgrade.ts";

export interface HttpServerOptions {
  readonly handler: RequestHandler;
  readonly clock?: Clock;
  /** Proxies whose word about their clients is taken. Default: none. */
  readonly proxies?: ProxyOptions;
  /** With one, HTTPS is served, and HTTP/2 to whoever asks for it; without, plain HTTP/1.1. */
  readonly certificate?: Certificate;
}

/** Limits of every connection, the same on every listener. */
const HEADERS_TIMEOUT_MS = 10_000;
const CHECK_INTERVAL_MS = 1_000;
/** Longer than the idle time-out of common load balancers (60 s), so that they close first and no request meets a closed socket. */
const KEEP_ALIVE_MS = 65_000;
/**
 * Node counts the time of an idle connection from the last byte, also one that begins no request, such as a blank line. Then it ends here; a head
 * that began in time may still come.
 */
const FORGOTTEN_MS = KEEP_ALIVE_MS + HEADERS_TIMEOUT_MS;
const MAX_HEADER_BYTES = 16_384;
const SLOW_WINDOW_MS = 9_000;
/** Bytes a second. A modem of 1990 was faster. */
const SLOW_RATE = 240;
/** While draining, a connection that was quiet for this long is closed; one in use gets `Connection: close` with its next answer. */
const DRAIN_IDLE_MS = 1_000;
const DRAIN_CHECK_MS = 50;

/**
 * Of the requests that a client sends without waiting for answers, so many are worked on at once: each may hold a file open, and only
 * the first can be answered. HTTP/2 has its own such limit.
 */
const MAX_AT_ONCE = 8;
/** So many more wait for their turn; a connection with more than that is cut. Clients that pipeline at all send 16 or so. */
const MAX_WAITING = 256;

/** What a connection is doing. */
interface Connection {
  readonly clock: Clock;
  /** The latest request, and its exchange. */
  message: IncomingMessage | null;
  exchange: LiveExchange | null;
  /** Requests under way, pipelined ones included. */
  open: number;
  /** The latest request may end with a trailer section. */
  chunked: boolean;
  /** Pipelined requests whose work has not begun; null until there is one. */
  waiting: (() => void)[] | null;
  idleSince: number;
  /** Bytes that had come when the drain looked last. */
  heard: number | undefined;
  /** A malformed request ended it: whatever the parser still finds in its bytes is not looked at. */
  refused: boolean;
}

const CONNECTION: unique symbol = Symbol("connection");
interface KnownSocket extends Socket {
  [CONNECTION]?: Connection;
}
const EXCHANGE: unique symbol = Symbol("exchange");
interface KnownResponse extends ServerResponse {
  [EXCHANGE]?: LiveExchange;
}

/** What Node's server is made with, whatever it listens on. */
const SERVER_OPTIONS: ServerOptions = {
  maxHeaderSize: MAX_HEADER_BYTES,
  headersTimeout: HEADERS_TIMEOUT_MS,
  // A whole upload may take long; that its bytes keep coming is the slow-client guard's business.
  requestTimeout: 0,
  connectionsCheckingInterval: CHECK_INTERVAL_MS,
  keepAliveTimeout: KEEP_ALIVE_MS,
  insecureHTTPParser: false,
  requireHostHeader: false, // judged with the rest of the framing
  noDelay: true,
};

/** A request, and how its answer leaves. */
interface Arrival {
  readonly message: IncomingMessage;
  readonly response: KnownResponse;
  readonly transport: NodeTransport;
}

/** A listener for HTTP/1.1, and with a certificate for HTTP/2: strict framing, every time-out set, and a drain that loses no request. */
export class HttpServer {
  readonly #handler: RequestHandler;
  readonly #clock: Clock;
  readonly #server: Server;
  readonly #sockets = new Set<KnownSocket>();
  readonly #slow: SlowClientGuard;
  readonly #acceptance: Acceptance;
  readonly #secure: SecureListener | null = null;
  /** Connections that speak HTTP/2. Its code is loaded only where it can be asked for. */
  #sessions: Sessions | null = null;
  #doors: Doors | null = null;
  #draining = false;

  constructor(options: HttpServerOptions) {
    this.#handler = options.handler;
    this.#clock = options.clock ?? systemClock;
    const { proxies, certificate } = options;
    this.#acceptance = {
      scheme: certificate === undefined ? "http" : "https",
      proxies: proxies === undefined || proxies.trusted.length === 0 ? null : new TrustedProxies(proxies),
    };
    this.#slow = new SlowClientGuard({
      clock: this.#clock,
      minimumRate: SLOW_RATE,
      window: SLOW_WINDOW_MS,
      owesBody,
      isForgotten,
    });
    if (certificate === undefined) {
      this.#server = http.createServer(SERVER_OPTIONS);
      this.#server.on("connection", (socket: Socket) => this.#open(socket));
    } else {
      this.#secure = new SecureListener({
        certificate,
        http: SERVER_OPTIONS,
        onHttp1: (socket) => this.#open(socket),
        onHttp2: (socket) => this.#sessions?.accept(socket),
      });
      this.#server = this.#secure.server;
    }
    // Node would drop fields beyond a number silently; the size limit bounds them instead.
    this.#server.maxHeadersCount = 0;
    const onRequest = (message: IncomingMessage, response: ServerResponse): void => this.#request(message, response);
    this.#server.on("request", onRequest);
    this.#server.on("checkContinue", onRequest); // the body is asked for when a route wants it
    this.#server.on("checkExpectation", onRequest); // judged with the rest of the framing
    this.#server.on("connect", (message: IncomingMessage, socket: Duplex) => this.#refuseConnect(message, socket as KnownSocket));
    acceptUpgrades(this.#server, {
      handler: this.#handler,
      read: (message) => acceptRequest(message, this.#acceptance),
      accept: (message, head) => this.#upgrade(message, head),
    });
    this.#server.on("clientError", (error: Error, socket: Duplex) => this.#clientError(error, socket as KnownSocket));
  }

  /**
   * Resolves when connections are accepted.
   *
   * @throws when the address is taken, or may not be listened on
   */
  async listen(options: ListenOptions): Promise<ListeningAddress> {
    if (this.#secure !== null) {
      const { Sessions } = await import("./http2/sessions.ts");
      this.#sessions = new Sessions({ handler: this.#handler, acceptance: this.#acceptance, clock: this.#clock });
    }
    const address = await listenOn(this.#server, options);
    if (options.reusePort === true) this.#doors = await Doors.open(this.#server, { ...options, port: address.port });
    return address;
  }

  /** New connections get this certificate; open ones keep theirs. @throws when key and certificate are no pair */
  useCertificate(certificate: Certificate): void {
    this.#secure?.use(certificate);
  }

  /** Open connections, idle ones included. */
  get connections(): number {
    return this.#sockets.size + (this.#sessions?.size ?? 0);
  }

  /**
   * Stops accepting, lets every request under way finish, and tells clients to go elsewhere with the answer to their next one.
   * A connection is closed only when it has been quiet for a while: closing one the moment it is idle would meet requests halfway.
   *
   * @param timeout milliseconds after which connections that remain are cut
   */
  async drain(timeout: number): Promise<void> {
    this.#draining = true;
    this.#handler.live.drain();
    // The clock's timers let a process end, and with its last connection nothing else would hold it until the drain is over.
    const alive = setInterval(() => undefined, timeout);
    const started = this.#clock.monotonic();
    for (const socket of this.#sockets) {
      const connection = socket[CONNECTION] as Connection;
      // Nobody asks a second time for what was asked first on a new connection: it may have been opened just now for a request that is on its way.
      if (connection.message === null) connection.idleSince = started;
    }
    // The HTTP server's own close() would cut idle connections at once: only the listening socket is closed.
    const closed = new Promise<void>((resolve) => TcpServer.prototype.close.call(this.#server, () => resolve()));
    const doorsClosed = this.#doors?.close();
    this.#sessions?.close();
    await nextTurn();
    while (this.connections > 0 && this.#clock.monotonic() - started < timeout) {
      await nextTurn(); // so that what has come meanwhile is read before it is judged: timers are first in a turn
      this.#closeQuiet();
      if (this.connections > 0) await delay(this.#clock, DRAIN_CHECK_MS);
    }
    if (this.connections > 0) this.#handler.cutOff();
    for (const socket of this.#sockets) socket.destroy();
    this.#sessions?.cut();
    this.#secure?.cut();
    await closed;
    await doorsClosed;
    this.#server.close(); // ends the interval that checks connections
    clearInterval(alive);
  }

  #closeQuiet(): void {
    const now = this.#clock.monotonic();
    for (const socket of this.#sockets) {
      const connection = socket[CONNECTION] as Connection;
      const { bytesRead } = socket;
      // The beginning of a head has come since the last look.
      if (bytesRead > (connection.heard ?? bytesRead)) connection.idleSince = now;
      connection.heard = bytesRead;
      if (connection.open === 0 && now - connection.idleSince >= DRAIN_IDLE_MS) socket.end();
    }
  }

  #open(socket: KnownSocket): void {
    const clock = this.#clock;
    socket[CONNECTION] = {
      clock,
      message: null,
      exchange: null,
      open: 0,
      chunked: false,
      waiting: null,
      idleSince: clock.monotonic(),
      heard: undefined,
      refused: false,
    };
    this.#sockets.add(socket);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      // Node forgets a message once it is answered: a handler that still reads its body would wait for ever.
      const message = socket[CONNECTION]?.message;
      if (message?.complete === false) message.destroy(new Error("the connection ended before the body"));
    });
    this.#slow.watch(socket);
  }

  #request(message: IncomingMessage, response: KnownResponse): void {
    const socket = message.socket as KnownSocket;
    const connection = this.#admit(message, socket);
    if (connection === undefined) return;
    const arrival = { message, response, transport: new NodeTransport(message, response) };
    if (connection.open < MAX_AT_ONCE) return this.#handle(connection, arrival);
    const waiting = (connection.waiting ??= []);
    if (waiting.push(() => this.#handle(connection, arrival)) <= MAX_WAITING) return;
    connection.refused = true;
    cut(socket);
  }

  #upgrade(message: IncomingMessage, head: Buffer): void {
    // What Node gives as the socket is a stream in front of it when the request has a body.
    const socket = message.socket as KnownSocket;
    const connection = this.#admit(message, socket);
    if (connection === undefined) return;
    // An answer to an earlier request is still on its way, on what would be the WebSocket's connection.
    if (connection.open > 0) return cut(socket);
    this.#handle(connection, { message, ...UpgradeTransport.open(message, head) });
  }

  /** The connection of a request that may be looked at; undefined when it has been refused. */
  #admit(message: IncomingMessage, socket: KnownSocket): Connection | undefined {
    const connection = socket[CONNECTION];
    if (connection === undefined || connection.refused) return undefined;
    const { message: last, chunked } = connection;
    const trailerFault = last === null || !chunked ? undefined : findTrailerFault(last);
    if (trailerFault !== undefined) {
      condemn(socket, connection, trailerFault);
      return undefined;
    }
    const fault = findFramingFault({
      method: message.method ?? "",
      target: message.url ?? "",
      httpVersionMajor: message.httpVersionMajor,
      httpVersionMinor: message.httpVersionMinor,
      rawHeaders: message.rawHeaders,
    });
    if (fault === undefined) {
      connection.message = message;
      connection.chunked = message.headers["transfer-encoding"] !== undefined;
      return connection;
    }
    connection.refused = true;
    // An answer to an earlier request may be half written: nothing can be said behind it.
    if (connection.open > 0) cut(socket);
    else refuse(socket, fault);
    return undefined;
  }

  #handle(connection: Connection, { message, response, transport }: Arrival): void {
    // Behind a request that asks for an upgrade Node drops what came in the same packet: what follows would be read from its middle.
    if (this.#draining || message.headers.upgrade !== undefined) response.shouldKeepAlive = false;
    connection.open++;
    response.on("close", onResponseClose);
    connection.exchange = response[EXCHANGE] = this.#handler.handle(acceptRequest(message, this.#acceptance), transport);
  }

  #refuseConnect(message: IncomingMessage, socket: KnownSocket): void {
    // Node has taken its own listeners off this socket, and an error that nobody listens to ends the process.
    socket.on("error", () => socket.destroy());
    // A CONNECT request always breaks a framing rule: this server is no proxy.
    const fault = findFramingFault({
      method: "CONNECT",
      target: message.url ?? "",
      httpVersionMajor: message.httpVersionMajor,
      httpVersionMinor: message.httpVersionMinor,
      rawHeaders: message.rawHeaders,
    });
    const connection = socket[CONNECTION];
    if (connection === undefined || connection.refused || connection.open > 0) cut(socket);
    else refuse(socket, fault ?? refusalOf(parserError(new Error("CONNECT"))));
  }

  #clientError(error: Error & { code?: string }, socket: KnownSocket): void {
    const connection = socket[CONNECTION];
    // Its refusal is on the way, and destroying the socket now could overtake it.
    if (connection?.refused === true && error.code !== "ECONNRESET") return;
    if (connection === undefined || error.code === "ECONNRESET") {
      socket.destroy(error);
      return;
    }
    // A head that is at fault behind a request under way: it cannot be answered in its turn.
    if (connection.open > 0 && connection.message?.complete === true) cut(socket, error);
    else condemn(socket, connection, parserError(error));
  }
}

/** Ends a connection by a fault in what came behind the head of its latest request, with an answer if none is under way. */
function condemn(socket: KnownSocket, connection: Connection, error: PlinthError): void {
  connection.refused = true;
  if (connection.open === 0) refuse(socket, refusalOf(error));
  else if (connection.open === 1 && connection.exchange?.settled === false) cutShort(connection.exchange, error);
  else cut(socket);
}

/** Ends a connection at once, but for answers that are ready. */
function cut(socket: Socket, error?: Error): void {
  endWaiting();
  socket.destroy(error);
}

function onResponseClose(this: KnownResponse): void {
  const socket = this.req.socket as KnownSocket;
  const connection = socket[CONNECTION];
  if (connection !== undefined) {
    if (--connection.open === 0) connection.exchange = null; // an idle connection holds no body
    connection.idleSince = connection.clock.monotonic();
    if (connection.waiting !== null && !connection.refused && !socket.destroyed) connection.waiting.shift()?.();
  }
  if (!this.writableFinished) this[EXCHANGE]?.clientLeft();
}

/** Whether the client owes more of a body that is being read. */
function owesBody(socket: KnownSocket): boolean {
  const message = socket[CONNECTION]?.message ?? null;
  if (message === null || message.complete) return false;
  return message.readableLength === 0 && (message.listenerCount("readable") > 0 || message.readableFlowing === true);
}

function isForgotten(socket: KnownSocket): boolean {
  const connection = socket[CONNECTION];
  return connection?.open === 0 && connection.clock.monotonic() - connection.idleSince >= FORGOTTEN_MS;
}
