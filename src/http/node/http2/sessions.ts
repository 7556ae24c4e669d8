import type Http2 from "node:http2";
import type { Http2Server, ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Clock } from "../../../core/mod.ts";
import type { RequestHandler } from "../../handler.ts";
import { type Acceptance, type RequestHead, createRequest } from "../accept.ts";
import { type Refusal, spellRefusal } from "../refuse.ts";
import { readHead } from "./read-head.ts";
import { Session } from "./session.ts";
import { type BodyStreamOfRequest, followBody } from "./stream-body.ts";
import { StreamTransport } from "./stream-transport.ts";

// perf: loaded with this file, which only a server with a certificate loads; see builtin-http.ts for why not by `import`.
const http2: typeof Http2 = process.getBuiltinModule("node:http2");

export interface SessionsOptions {
  readonly handler: RequestHandler;
  readonly acceptance: Acceptance;
  readonly clock: Clock;
}

const CHECK_MS = 1_000;
const MAX_STREAMS = 100;
/** Beyond it a stream is reset without an answer; from half of it on it is answered 431. */
const MAX_HEADER_BYTES = 32_768;
const NO_ERROR = 0;

/** The HTTP/2 connections of one listener. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #server: Http2Server;
  readonly #sessions = new Map<ServerHttp2Session, Session>();
  #watching = false;
  #ending = false;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#server = http2.createServer({
      settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES, enablePush: false },
      maxHeaderListPairs: 1_024,
      // Frames that break the protocol, and streams that were refused, before the connection is given up.
      maxSessionInvalidFrames: 32,
      maxSessionRejectedStreams: 100,
      // Memory of one connection in megabytes, for what its client does not read.
      maxSessionMemory: 10,
      // One name twice is for the rules of the pipeline to judge, as for HTTP/1.
      strictSingleValueFields: false,
    });
    this.#server.on("session", (session) => this.#open(session));
    this.#server.on("sessionError", ignore);
  }

  /** Takes a connection that has agreed on HTTP/2. */
  accept(socket: Socket): void {
    this.#server.emit("connection", socket);
  }

  /** Open connections. */
  get size(): number {
    return this.#sessions.size;
  }

  #open(session: ServerHttp2Session): void {
    const { clock } = this.#options;
    // The session's own face of its socket refuses what it keeps for itself; counting bytes is not among that.
    const watched = new Session(session, session.socket, clock.monotonic());
    this.#sessions.set(session, watched);
    session.on("error", ignore);
    session.on("frameError", ignore);
    session.on("close", () => this.#sessions.delete(session));
    session.on("stream", (stream, _fields, _flags, raw) => this.#begin(watched, stream, raw, stream.endAfterHeaders));
    if (this.#ending) watched.close(clock.monotonic());
    this.#watch();
  }

  #begin(session: Session, stream: ServerHttp2Stream, raw: readonly string[], endStream: boolean): void {
    const { clock } = this.#options;
    stream.on("error", ignore); // the session that breaks the protocol tells every stream of it
    const followed = followBody(stream, endStream);
    session.begin(raw.reduce((sum, text) => sum + text.length, 0));
    if (stream.destroyed) return session.end(followed, clock.monotonic());
    stream.once("close", () => session.end(followed, clock.monotonic()));
    session.turns.take(() => this.#handle(session, followed, readHead(raw, endStream)));
  }

  #handle(session: Session, stream: BodyStreamOfRequest, head: RequestHead | Refusal): void {
    if (stream.destroyed || stream.closed) return; // it was reset while it waited
    const { clock, handler, acceptance } = this.#options;
    if ("code" in head) {
      session.add(stream, clock.monotonic());
      refuseStream(stream, head);
      return;
    }
    const transport = new StreamTransport(stream, head.headers["expect"] !== undefined);
    session.add(stream, clock.monotonic(), transport);
    const socket = stream.session?.socket as Socket;
    const exchange = handler.handle(createRequest(acceptance, socket, head), transport);
    stream.once("close", () => {
      transport.interrupt();
      exchange.clientLeft();
    });
  }

  #watch(): void {
    if (this.#watching) return;
    this.#watching = true;
    const { clock } = this.#options;
    clock.schedule(CHECK_MS, () => {
      this.#watching = false;
      for (const session of this.#sessions.values()) session.check(clock.monotonic());
      if (this.#sessions.size > 0) this.#watch();
    });
  }

  /** Takes no more streams on any connection; each ends with the last one under way. */
  close(): void {
    this.#ending = true;
    for (const session of this.#sessions.values()) session.close(this.#options.clock.monotonic());
  }

  /** Ends every connection at once. */
  cut(): void {
    for (const session of this.#sessions.values()) session.cut(NO_ERROR);
  }
}

function ignore(): void {
  // The session or stream ends by itself; without a listener the process would.
}

/** Answers a malformed request and ends its stream; the connection goes on. */
function refuseStream(stream: ServerHttp2Stream, refusal: Refusal): void {
  const { headers, body } = spellRefusal(refusal);
  stream.respond([":status", String(refusal.status), ...headers]);
  stream.end(body, () => stream.close(NO_ERROR));
}
