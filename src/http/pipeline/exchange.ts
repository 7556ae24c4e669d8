import { type Clock, type Context, type TraceContext, startTrace } from "../../core/mod.ts";
import type { Logger } from "../../log/contract.ts";
import { createNonce, parseCookies } from "../../security/mod.ts";
import type { BodyDigest } from "../body/body-digest.ts";
import { type Outcome, requestFinished } from "../channels.ts";
import { errors } from "../errors.ts";
import type { BodyStream, Exchange } from "../contract.ts";
import { readLastEventId } from "../live/last-event-id.ts";
import type { LiveSet } from "../live/live-set.ts";
import type { WebSocketAcceptor, WebSocketEnd } from "../node/web-socket-library.ts";
import type { DeadlineQueue, Expiring } from "./deadline.ts";
import type { IncomingRequest } from "./incoming.ts";
import type { PlanDescription } from "./plan-description.ts";
import type { StepTimes } from "./step-times.ts";
import { principalId } from "./principal-id.ts";
import type { OpenSource } from "./stream-source.ts";

/** One step of a plan. What it throws, or rejects with, becomes the answer. */
export type Step = (exchange: LiveExchange) => void | Promise<void>;

/** Answers a request that there is no time for. Returns whether it did; if not, the request counts as under way. */
export type Shed = (exchange: LiveExchange) => boolean;

/** Where a request counts as under way. */
export interface CountedWork {
  /** @param milliseconds that it took */
  left(milliseconds: number, now: number): void;
}

/** A route compiled at boot. Steps that the route does not use are not in it. */
export interface Plan {
  /** Position among the app's plans; also its place in shared memory. */
  readonly index: number;
  readonly method: string;
  /** The route's template; empty for the plan that answers what matched nothing. */
  readonly path: string;
  /** Looks at a request before its steps, and answers it where there is no time for it. */
  readonly shed: Shed | null;
  readonly steps: readonly Step[];
  /** Headers of every answer, prebuilt. Flat. */
  readonly headers: readonly string[];
  /** The same as text, with a line end behind each. */
  readonly headerText: string;
  readonly deadlines: DeadlineQueue | null;
  /** Whether the route is a WebSocket. */
  readonly upgrades: boolean;
  /** The same plan with its steps measured, for those who may ask for that. */
  readonly timed: Plan | null;
  /** For listings. */
  readonly description: PlanDescription;
}

/** A finished answer, ready for any transport. */
export interface Answer {
  readonly status: number;
  /**
   * Flat: name, value, name, value; or, where the transport takes that, text with a line end behind each. Complete but for the fields
   * that the transport itself owns (Date, Connection).
   */
  readonly headers: readonly string[] | string;
  /** A stream comes opened: what cannot be read fails before the answer has begun. Whoever sends the answer closes it. */
  readonly body: string | Uint8Array | OpenSource | null;
  /** Bytes of the body, or -1 when only the end will tell. */
  readonly length: number;
}

/** How a body that is read whole is bounded and understood; one constant for all requests of a route and a media type. */
export interface WholeBody {
  /** Bytes. */
  readonly limit: number;
  /** What the bytes say. */
  readonly parse: (bytes: Buffer) => unknown;
}

/** How a request came and how its answer leaves: a socket, or a `fetch` call in the same process. */
export interface Transport {
  /** Whether it takes headers as text. */
  readonly takesText: boolean;
  /**
   * Reads the body to its end, and puts what it says into the exchange.
   *
   * @throws E_HTTP_BODY_TOO_LARGE, E_HTTP_BODY_INTERRUPTED, E_HTTP_TRAILER_FORBIDDEN, and what `parse` throws
   */
  readBody(exchange: LiveExchange, whole: WholeBody): Promise<void>;
  /** The body chunk by chunk; the same errors while it is read. */
  streamBody(limit: number): BodyStream;
  /** Bytes of the body read so far. */
  readonly bytesRead: number;
  /** Sends the answer. Never throws; calls `exchange.finish` just before the last byte is handed over. */
  send(exchange: LiveExchange, answer: Answer): void;
  /**
   * Turns the connection into a WebSocket. Only transports that can have it; `opened` is not called when the client is gone.
   *
   * @throws E_HTTP_HANDSHAKE_INVALID before anything is sent
   */
  upgrade?(acceptor: WebSocketAcceptor, headers: readonly string[], opened: (end: WebSocketEnd) => void): void;
}

/** What every exchange of one server shares. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly activity: Activity;
  readonly live: LiveSet;
  /** The handler's id. */
  readonly handler: symbol;
  /** Whether connections that end now are ended by the server. */
  cutting: boolean;
}

/** Where a thread notes what it is doing, so that a supervisor can tell which route blocks or killed it. */
export interface Activity {
  started(plan: number): void;
  finished(plan: number): void;
  /** The thread runs this plan's code until {@link Activity.left}. */
  entered(plan: number): void;
  left(): void;
}

export interface ExchangeOptions {
  readonly request: IncomingRequest;
  readonly plan: Plan;
  readonly params: unknown;
  readonly transport: Transport;
  readonly services: ExchangeServices;
}

/** The client left before it had its answer; nginx's number for it. */
const CLIENT_CLOSED = 499;

/** One request and its answer while they are alive. The handler sees it as {@link Exchange}, everything else as {@link Context}. */
export class LiveExchange implements Exchange<unknown, unknown, unknown, unknown, unknown>, Context, Expiring {
  readonly request: IncomingRequest;
  readonly plan: Plan;
  readonly transport: Transport;
  readonly services: ExchangeServices;
  readonly id: string;
  readonly startedAt: number;

  params: unknown;
  query: unknown = undefined;
  headers: unknown = undefined;
  body: unknown = undefined;
  principal: unknown = undefined;

  /** What the handler returned. */
  result: unknown = undefined;
  /** Headers that steps add to whatever answer comes. Flat. */
  readonly extraHeaders: string[] = [];
  /** The `RateLimit` field so far. */
  rateLimit = "";
  /** An answer is on its way, or nobody waits for one any more. Steps that come back later stop here. */
  settled = false;
  /** The work is over and has been announced. */
  ended = false;
  /** When, in monotonic milliseconds; 0 until then. */
  endedAt = 0;
  errorCode: string | undefined = undefined;

  /** Where it counts as under way; null where it does not, or no longer. */
  work: CountedWork | null = null;

  /** The hash of its body, where a rule compares it. */
  digest: BodyDigest | null = null;

  /** Bytes of a streamed answer handed over so far: what is told of one that does not end well. */
  bytesOut = 0;

  /** How long its steps took, where that is measured. */
  times: StepTimes | null = null;

  deadline: number = Infinity;
  previous: Expiring | null = null;
  next: Expiring | null = null;
  /** Called when the deadline passes; set by the runner. */
  onExpire: ((exchange: LiveExchange) => void) | null = null;

  #trace: TraceContext | null = null;
  #controller: AbortController | null = null;
  #abortReason: unknown = undefined;
  #nonce: string | null = null;
  #atEnd: ((status: number) => void) | null = null;
  #status = 0;
  #cookies: Readonly<Record<string, string | undefined>> | null = null;

  constructor(options: ExchangeOptions) {
    this.request = options.request;
    this.plan = options.plan;
    this.params = options.params;
    this.transport = options.transport;
    this.services = options.services;
    this.id = options.request.id;
    this.startedAt = options.services.clock.monotonic();
  }

  get traceId(): string {
    return this.#tracing.traceId;
  }

  get spanId(): string {
    return this.#tracing.spanId;
  }

  /** Where nobody logs, traces or calls out, no ids are drawn. */
  get #tracing(): TraceContext {
    const { headers } = this.request;
    return (this.#trace ??= startTrace(headers["traceparent"], headers["tracestate"]));
  }

  get operation(): string {
    return this.plan.path;
  }

  get principalId(): string | undefined {
    return principalId(this.principal);
  }

  get address(): string {
    return this.request.address;
  }

  get log(): Logger {
    return this.services.log;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get cookies(): Readonly<Record<string, string | undefined>> {
    return (this.#cookies ??= parseCookies(this.request.headers["cookie"]));
  }

  get lastEventId(): string | undefined {
    return readLastEventId(this.request.headers);
  }

  get nonce(): string {
    return (this.#nonce ??= createNonce());
  }

  /** The nonce, if the handler asked for one. */
  get usedNonce(): string | null {
    return this.#nonce;
  }

  /** Tells everything that listens to `signal` to stop. */
  abort(reason: unknown): void {
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  expire(): void {
    this.onExpire?.(this);
  }

  /** The client left before the answer was complete, or the server cut it off. */
  clientLeft(): void {
    if (this.ended) return;
    this.settled = true;
    if (this.services.cutting) return this.#cutOff();
    this.abort(new DOMException("The client closed the connection.", "AbortError"));
    this.finish(CLIENT_CLOSED, this.bytesOut);
  }

  #cutOff(): void {
    const error = errors.CUT_OFF({});
    this.errorCode = error.code;
    this.abort(error);
    this.finish(error.status ?? 503, 0);
  }

  /** A streamed answer failed half-way. Its status is out: all that can still be said is that it is not whole. */
  breakOff(status: number, thrown: unknown): void {
    if (this.ended) return; // the client left first, and the source noticed
    this.log.error({ error: thrown, route: this.plan.path }, "a streamed answer broke off");
    this.errorCode = "E_HTTP_INTERNAL";
    this.abort(thrown);
    this.finish(status, this.bytesOut);
  }

  /** The answer is there, or its stream has begun: what is left takes as long as the client does. */
  worked(now: number = this.services.clock.monotonic()): void {
    if (this.work === null) return;
    this.work.left(now - this.startedAt, now);
    this.work = null;
  }

  /** Has something done when the work is over, however it ends; at once when it is over already. The status of a client that left is 499. */
  atEnd(task: (status: number) => void): void {
    if (this.ended) return task(this.#status);
    const earlier = this.#atEnd;
    this.#atEnd =
      earlier === null
        ? task
        : (status) => {
            earlier(status);
            task(status);
          };
  }

  /** Announces the end of the work, once. Called just before the last byte leaves. */
  finish(status: number, bytesOut: number): void {
    if (this.ended) return;
    const endedAt = this.services.clock.monotonic();
    this.endedAt = endedAt;
    this.ended = true;
    this.settled = true;
    this.#status = status;
    this.plan.deadlines?.remove(this);
    this.services.activity.finished(this.plan.index);
    this.worked(endedAt);
    this.#atEnd?.(status);
    if (!requestFinished.hasSubscribers) return;
    const { request } = this;
    requestFinished.publish({
      handler: this.services.handler,
      requestId: this.id,
      traceId: this.traceId,
      spanId: this.spanId,
      method: request.method,
      route: request.route,
      path: request.path,
      status,
      endedAt,
      durationMs: endedAt - this.startedAt,
      bytesIn: this.transport.bytesRead,
      bytesOut,
      address: request.address,
      principal: this.principalId,
      userAgent: request.headers["user-agent"],
      outcome: outcomeOf(status, this.errorCode),
      errorCode: this.errorCode,
    });
  }
}

function outcomeOf(status: number, errorCode: string | undefined): Outcome {
  if (status === CLIENT_CLOSED) return "aborted";
  if (errorCode === "E_HTTP_OVERLOADED" || errorCode === "E_HTTP_MAINTENANCE") return "shed";
  if (errorCode === "E_HTTP_DEADLINE_EXCEEDED" || errorCode === "E_HTTP_REQUEST_TIMEOUT") return "timeout";
  // An error behind a good status: a streamed answer that broke off.
  if (status >= 500 || (status < 400 && errorCode !== undefined)) return "server_error";
  return status >= 400 ? "client_error" : "ok";
}
