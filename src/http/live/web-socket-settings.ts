import type { DeadlineQueue } from "../pipeline/deadline.ts";
import type { LimitCheck } from "../contract.ts";
import type { Decode, Encode } from "./message-codec.ts";
import type { SocketHandler } from "./web-socket-contract.ts";
import type { WebSocketAcceptor } from "../node/web-socket-library.ts";

/** A WebSocket route's declaration, compiled at boot. */
export interface WebSocketSettings {
  readonly acceptor: WebSocketAcceptor;
  readonly handler: SocketHandler;
  readonly decode: Decode;
  readonly encode: Encode;
  readonly check: LimitCheck | null;
  readonly heartbeats: DeadlineQueue | null;
  /** Bytes. */
  readonly maxMessage: number;
  /** Bytes. */
  readonly backlog: number;
  readonly drop: boolean;
}
