import { isPlinthError } from "../../core/mod.ts";
import { type WebSocketTraffic, webSocketClosed, webSocketMessage, webSocketOpened } from "../channels.ts";
import type { LimitDecisions } from "../contract.ts";
import { errors } from "../errors.ts";
import type { Expiring } from "../pipeline/deadline.ts";
import type { LiveExchange } from "../pipeline/exchange.ts";
import { principalId } from "../pipeline/principal-id.ts";
import { isPromise } from "../validation/validate.ts";
import { CLOSE, codeOfFault, isApplicationCode, outcomeOfClose } from "./close-codes.ts";
import { Inbox } from "./inbox.ts";
import type { Live } from "./live-set.ts";
import type { LiveSocket } from "./web-socket-contract.ts";
import type { WebSocketEnd } from "../node/web-socket-library.ts";
import type { WebSocketSettings } from "./web-socket-settings.ts";

/** The longest reason that fits a close frame (RFC 6455, section 5.5). */
const MAX_REASON_BYTES = 123;
/** `readyState` of an open connection. */
const OPEN = 1;

/** One open WebSocket: what its handler sees of it, and all that watches over it. */
export class ServerSocket implements LiveSocket<unknown, unknown>, Live, Expiring {
  readonly #exchange: LiveExchange;
  readonly #settings: WebSocketSettings;
  readonly #inbox: Inbox;
  readonly #incoming: WebSocketTraffic;
  readonly #outgoing: WebSocketTraffic;
  readonly #watchers = new Set<() => void>();
  #end: WebSocketEnd | null = null;
  #openedAt = 0;
  /** The other end has shown a sign of life since it was last asked for one. */
  #alive = true;
  /** The code that this end closed with; 0 while it has not. */
  #ownCode = 0;
  #errorCode: string | undefined = undefined;
  #messagesIn = 0;
  #messagesOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;

  deadline: number = Infinity;
  previous: Expiring | null = null;
  next: Expiring | null = null;

  constructor(exchange: LiveExchange, settings: WebSocketSettings) {
    this.#exchange = exchange;
    this.#settings = settings;
    const { handler } = exchange.services;
    const route = exchange.plan.path;
    this.#incoming = { handler, route, direction: "in" };
    this.#outgoing = { handler, route, direction: "out" };
    this.#inbox = new Inbox({
      maxBytes: settings.maxMessage,
      admit: (data, isBinary) => this.#admit(data, isBinary),
      pause: () => this.#end?.pause(),
      resume: () => this.#end?.resume(),
      refuse: (thrown) => this.#refuse(thrown),
    });
  }

  /** Whether the connection has become a WebSocket. */
  get hasOpened(): boolean {
    return this.#end !== null;
  }

  get protocol(): string {
    return this.#end?.protocol ?? "";
  }

  get isOpen(): boolean {
    return this.#end?.readyState === OPEN;
  }

  get bufferedBytes(): number {
    return this.#end?.bufferedAmount ?? 0;
  }

  /** Begins: from now on the connection is a WebSocket. */
  open(end: WebSocketEnd): void {
    const exchange = this.#exchange;
    const { clock, handler } = exchange.services;
    this.#end = end;
    exchange.finish(SWITCHED, 0);
    exchange.deadline = Infinity; // the handshake's; what the handler waits for is its own
    this.#openedAt = clock.monotonic();
    end.on("message", (data, isBinary) => this.#receive(data, isBinary));
    end.on("ping", () => (this.#alive = true));
    end.on("pong", () => (this.#alive = true));
    end.on("error", (error) => this.#malformed(error.code));
    end.on("close", (code) => this.#closed(code));
    this.#settings.heartbeats?.add(this, this.#openedAt);
    if (webSocketOpened.hasSubscribers) webSocketOpened.publish({ handler, route: exchange.plan.path });
    void this.#run();
  }

  async #run(): Promise<void> {
    try {
      await this.#settings.handler(this, this.#exchange);
      this.#shut(CLOSE.normal, "");
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** The caller learns that something failed and which request to name; what failed is in the log. */
  #fail(thrown: unknown): void {
    const { log, plan, id } = this.#exchange;
    if (!this.isOpen && thrown instanceof Error && thrown.name === "AbortError") return;
    log.error({ error: thrown, route: plan.path }, "a WebSocket's handler failed");
    this.#errorCode ??= isPlinthError(thrown) ? thrown.code : "E_HTTP_INTERNAL";
    this.#shut(CLOSE.internalError, id);
  }

  #receive(data: Buffer, isBinary: boolean): void {
    // What is still on its way behind this end's close frame is nobody's any more.
    if (this.#ownCode !== 0) return;
    this.#alive = true;
    this.#messagesIn++;
    this.#bytesIn += data.length;
    if (webSocketMessage.hasSubscribers) webSocketMessage.publish(this.#incoming);
    this.#inbox.take(data, isBinary);
  }

  /** The library has found a fault in the protocol, and closed for it already. */
  #malformed(reason: string | undefined): void {
    this.#errorCode ??= errors.WEBSOCKET_MALFORMED.code;
    this.#ownCode ||= codeOfFault(reason);
    this.#inbox.close();
  }

  #admit(data: Buffer, isBinary: boolean): unknown {
    const { check, decode } = this.#settings;
    if (check === null) return decode(data, isBinary);
    const decisions = check(this.#exchange.request, this.#exchange.principal, this.#exchange);
    const judge = ([decision]: LimitDecisions): unknown =>
      decision === null || decision?.allowed === true ? decode(data, isBinary) : refuseRate();
    return isPromise(decisions) ? Promise.resolve(decisions).then(judge) : judge(decisions);
  }

  #refuse(thrown: unknown): void {
    if (isPlinthError(thrown, "E_HTTP_MESSAGE_INVALID")) this.#reject(CLOSE.invalidMessage, thrown);
    else if (isPlinthError(thrown, "E_HTTP_MESSAGE_RATE")) this.#reject(CLOSE.policy, thrown);
    else this.#fail(thrown);
  }

  #reject(code: number, error: { readonly code: string; readonly message: string }): void {
    this.#errorCode ??= error.code;
    this.#shut(code, error.message);
  }

  send(message: unknown): boolean {
    const data = this.#settings.encode(message);
    return this.#write(data, typeof data === "string" ? Buffer.byteLength(data) : data.byteLength);
  }

  /** Sends text that is encoded already. */
  sendText(text: Buffer): boolean {
    return this.#write(text, text.length, false);
  }

  #write(data: string | Uint8Array, bytes: number, binary: boolean = typeof data !== "string"): boolean {
    const end = this.#end;
    if (end === null || end.readyState !== OPEN) return false;
    // A message larger than the backlog passes while nothing waits.
    const waiting = end.bufferedAmount;
    if (waiting > 0 && waiting + bytes > this.#settings.backlog) {
      if (!this.#settings.drop) this.#reject(CLOSE.tryAgainLater, errors.CLIENT_SLOW({ bytes: this.#settings.backlog }));
      return false;
    }
    end.send(data, { binary });
    this.#messagesOut++;
    this.#bytesOut += bytes;
    if (webSocketMessage.hasSubscribers) webSocketMessage.publish(this.#outgoing);
    return true;
  }

  close(code: number = CLOSE.normal, reason = ""): void {
    this.#shut(isApplicationCode(code) ? code : CLOSE.normal, reason);
  }

  #shut(code: number, reason: string): void {
    const end = this.#end;
    if (end === null || this.#ownCode !== 0 || end.readyState !== OPEN) return;
    this.#ownCode = code;
    end.close(code, cutReason(reason));
    this.#inbox.close();
    // The other end's close frame must be read, whether or not anybody reads its messages.
    end.resume();
  }

  drain(): void {
    this.#shut(CLOSE.goingAway, "The server is stopping.");
  }

  /** The other end is asked for a sign of life; one that gave none since the last time is gone. */
  expire(): void {
    const { heartbeats } = this.#settings;
    const end = this.#end;
    if (end === null || end.readyState !== OPEN) return;
    // While its messages are held back, so are its pongs.
    if (!this.#alive && !this.#inbox.paused) {
      this.#errorCode ??= errors.PEER_SILENT.code;
      end.terminate();
      return;
    }
    this.#alive = false;
    end.ping();
    heartbeats?.add(this, this.#exchange.services.clock.monotonic());
  }

  /** Calls back when the connection ends; at once when it has. The function returned takes that back. */
  whenClosed(callback: () => void): () => void {
    if (this.#end === null || this.#end.readyState > OPEN) callback();
    else this.#watchers.add(callback);
    return () => this.#watchers.delete(callback);
  }

  #closed(code: number): void {
    const exchange = this.#exchange;
    const { clock, live, handler } = exchange.services;
    this.#settings.heartbeats?.remove(this);
    live.leave(this);
    this.#inbox.close();
    exchange.abort(new DOMException("The WebSocket is closed.", "AbortError"));
    for (const callback of this.#watchers) callback();
    this.#watchers.clear();
    if (!webSocketClosed.hasSubscribers) return;
    const closeCode = this.#ownCode === 0 ? code : this.#ownCode;
    const { request } = exchange;
    webSocketClosed.publish({
      handler,
      requestId: exchange.id,
      traceId: exchange.traceId,
      spanId: exchange.spanId,
      method: request.method,
      route: request.route,
      path: request.path,
      durationMs: clock.monotonic() - this.#openedAt,
      messagesIn: this.#messagesIn,
      messagesOut: this.#messagesOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      address: request.address,
      principal: principalId(exchange.principal),
      userAgent: request.headers["user-agent"],
      closeCode,
      outcome: outcomeOfClose(closeCode, this.#errorCode),
      errorCode: this.#errorCode,
    });
  }

  async discard(): Promise<void> {
    for (;;) if ((await this.#inbox.next()).done === true) return;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown, undefined> {
    return this.#inbox;
  }
}

/** Status of a handshake that was accepted. */
const SWITCHED = 101;

function refuseRate(): never {
  throw errors.MESSAGE_RATE({});
}

function cutReason(reason: string): string {
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return reason;
  // Cut between characters, not within one.
  return Buffer.from(reason)
    .subarray(0, MAX_REASON_BYTES)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
}
