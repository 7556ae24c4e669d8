import { type Channel, openTypedChannel } from "../core/mod.ts";
import type { Priority } from "./overload/priority.ts";

/** How a request ended, seen from the server. `shed` was refused unread, because there was more work than time, or during maintenance. */
export type Outcome = "ok" | "client_error" | "server_error" | "aborted" | "timeout" | "shed";

/** One request that has ended. Published before the last byte is handed over, so that whoever has the answer finds it counted. */
export interface RequestFinished {
  /** The handler that answered it: one thread may have several, an app's and the admin server's. */
  readonly handler: symbol;
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly method: string;
  /** The route's template; empty when none matched. */
  readonly route: string;
  /** Without the query, which may carry secrets. */
  readonly path: string;
  /** 499 when the client left before an answer; 503 with `E_HTTP_CUT_OFF` when the server did, because its time to stop was over. */
  readonly status: number;
  /** Monotonic milliseconds. */
  readonly endedAt: number;
  readonly durationMs: number;
  /** Bytes of the body that were read. */
  readonly bytesIn: number;
  /** Bytes of the body that were sent. */
  readonly bytesOut: number;
  readonly address: string;
  /** Id of the principal, once identified. */
  readonly principal: string | undefined;
  readonly userAgent: string | undefined;
  readonly outcome: Outcome;
  /** Code of the error that was answered. */
  readonly errorCode: string | undefined;
}

/** A request has matched (or failed to match) a route and its work begins. */
export interface RequestStarted {
  readonly handler: symbol;
  readonly method: string;
  /** The route's template; empty when none matched. */
  readonly route: string;
}

/** A caller has used a deprecated route. Published once the caller is known and admitted, whatever the answer will be. */
export interface DeprecatedRequest {
  readonly handler: symbol;
  readonly method: string;
  /** The route's template. */
  readonly route: string;
  /** The route's API version; empty without one. */
  readonly version: string;
  /** Id of the principal; none on a public route. */
  readonly principal: string | undefined;
  /** Monotonic milliseconds. */
  readonly at: number;
  /** When the route may be gone, in milliseconds since 1970; none was said. */
  readonly sunset: number | undefined;
}

/** A request was refused under an overload, before any work. It also ends, as {@link RequestFinished} tells. */
export interface RequestShed {
  readonly handler: symbol;
  /** The route's template. */
  readonly route: string;
  readonly priority: Priority;
  /** `loop`: the event loop does not keep up. `route`: the route is much slower than usual and has too many requests under way. */
  readonly reason: "loop" | "route";
}

/** The thread's event loop stopped keeping up with its requests, or keeps up again. */
export interface OverloadChanged {
  readonly handler: symbol;
  readonly overloaded: boolean;
}

/** A WebSocket has opened. */
export interface WebSocketOpened {
  readonly handler: symbol;
  readonly route: string;
}

/** One message went one way. The same value for every message of a connection: whoever hears of it keeps nothing of it. */
export interface WebSocketTraffic {
  readonly handler: symbol;
  readonly route: string;
  readonly direction: "in" | "out";
}

/** A WebSocket that has closed. Its handshake was announced as a request with status 101. */
export interface WebSocketClosed {
  readonly handler: symbol;
  /** The handshake's. */
  readonly requestId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly method: string;
  readonly route: string;
  readonly path: string;
  readonly durationMs: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
  /** Bytes of messages, unpacked. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly address: string;
  readonly principal: string | undefined;
  readonly userAgent: string | undefined;
  /** What the server closed with, else what the client did; 1006 when neither said so, 1005 when the client gave no code. */
  readonly closeCode: number;
  readonly outcome: Outcome;
  readonly errorCode: string | undefined;
}

export const requestStarted: Channel<RequestStarted> = openTypedChannel("plinth:http:started");
export const requestFinished: Channel<RequestFinished> = openTypedChannel("plinth:http:finished");
export const deprecatedRequest: Channel<DeprecatedRequest> = openTypedChannel("plinth:http:deprecated");
export const requestShed: Channel<RequestShed> = openTypedChannel("plinth:http:shed");
export const overloadChanged: Channel<OverloadChanged> = openTypedChannel("plinth:http:overload");
export const webSocketOpened: Channel<WebSocketOpened> = openTypedChannel("plinth:http:websocket-opened");
export const webSocketMessage: Channel<WebSocketTraffic> = openTypedChannel("plinth:http:websocket-message");
export const webSocketClosed: Channel<WebSocketClosed> = openTypedChannel("plinth:http:websocket-closed");
