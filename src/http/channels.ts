import { type Channel, openTypedChannel } from "../core/mod.ts";

/** How a request ended, seen from the server. */
export type Outcome = "ok" | "client_error" | "server_error" | "aborted" | "timeout";

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
  /** 499 when the client left before an answer. */
  readonly status: number;
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

export const requestStarted: Channel<RequestStarted> = openTypedChannel("plinth:http:started");
export const requestFinished: Channel<RequestFinished> = openTypedChannel("plinth:http:finished");
