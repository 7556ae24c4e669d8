import type { BodyStream } from "../contract.ts";
import type { StreamSource } from "../reply.ts";
import type { LiveExchange } from "./exchange.ts";

/** A finished answer, ready for any transport. */
export interface Answer {
  readonly status: number;
  /** Flat: name, value, name, value. Complete but for the fields that the transport itself owns (Date, Connection). */
  readonly headers: readonly string[];
  readonly body: string | StreamSource | null;
  /** Bytes of the body, or -1 when only the end will tell. */
  readonly length: number;
}

/** How a request came and how its answer leaves: a socket, or a `fetch` call in the same process. */
export interface Transport {
  /**
   * The whole body.
   *
   * @throws E_HTTP_BODY_TOO_LARGE, E_HTTP_BODY_INTERRUPTED, E_HTTP_TRAILER_FORBIDDEN
   */
  readBody(limit: number): Promise<Buffer>;
  /** The body chunk by chunk; the same errors while it is read. */
  streamBody(limit: number): BodyStream;
  /** Bytes of the body read so far. */
  readonly bytesRead: number;
  /** Sends the answer. Never throws; calls `exchange.finish` just before the last byte is handed over. */
  send(exchange: LiveExchange, answer: Answer): void;
}
