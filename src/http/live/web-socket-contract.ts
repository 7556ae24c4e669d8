import type { Duration, Size } from "../../core/mod.ts";
import type { AuthRule, Exchange, Input, LimitRule, Output, Policies, Schema } from "../contract.ts";

/** A message that no schema describes: text, or bytes where the other end sent bytes. */
export type RawMessage = string | Uint8Array;
export type Received<Declared> = Declared extends Schema ? Output<Declared> : RawMessage;
export type Sent<Declared> = Declared extends Schema ? Input<Declared> : RawMessage;

/** Policies of a WebSocket route beside those that every route has. */
export interface WebSocketPolicies {
  /**
   * Other origins whose pages may connect, such as `https://app.example.com`; `"*"` for any, then only without cookies. Pages of this
   * host itself always may, and so may what is no browser. Default none.
   */
  readonly origins?: "*" | readonly string[];
  /** The largest message, unpacked. A larger one ends the connection with 1009. Default `"1mb"`. */
  readonly maxMessage?: Size;
  /**
   * A limit that every message counts against; beyond it the connection ends with 1008. By whom it counts is the rule's own: each
   * connection by itself with `by: ({ id }) => id`, all of a caller's together with `by: "principal"`. Default none.
   */
  readonly messageLimit?: LimitRule;
  /** How often the other end is asked for a sign of life. One that gives none until the next time is cut off. Default `"30s"`; `"0s"` for never. */
  readonly heartbeat?: Duration;
  /** How much that was sent may wait for a slow reader. Default `"1mb"`. */
  readonly backlog?: Size;
  /** What becomes of a message beyond that: `"disconnect"` ends the connection with 1013, `"drop"` forgets the message. Default `"disconnect"`. */
  readonly whenFull?: "disconnect" | "drop";
  /** Subprotocols that the route speaks, the one liked best first. Default none. */
  readonly protocols?: readonly string[];
  /** Packs messages from 1 kB on (permessage-deflate). Costs CPU and memory for each, and must not carry secrets beside what others choose. Default false. */
  readonly compress?: boolean;
}

/** What a WebSocket route declares. `auth` is required: write `"public"` where anybody may connect. */
export interface WebSocketContract<
  Path extends string,
  Params,
  Query,
  Headers,
  Incoming extends Schema | undefined,
  Outgoing extends Schema | undefined,
  Principal,
>
  extends Omit<Policies, "bodyLimit" | "cors" | "csrf" | "cache" | "idempotency">, WebSocketPolicies {
  readonly auth: "public" | AuthRule<Principal>;
  readonly params?: Params;
  readonly query?: Query;
  readonly headers?: Headers;
  /** What every message of the client must fit, sent as JSON text. One that does not ends the connection with 1007. Default: messages come raw. */
  readonly message?: Incoming;
  /** What every message to the client must fit; it is sent as JSON text, and fields that are not listed never leave. Default: text and bytes as they are. */
  readonly send?: Outgoing;
  /** One sentence for listings and documents. */
  readonly summary?: string;
  /** Never set: carries the path's type. */
  readonly path?: Path;
}

/** What the handler of a WebSocket route knows of the request that opened the connection. Its `signal` is aborted when the connection ends. */
export type SocketExchange<Params, Query, Headers, Principal> = Omit<
  Exchange<Params, Query, Headers, undefined, Principal>,
  "body" | "nonce" | "lastEventId"
>;

/**
 * One open WebSocket. Its messages are read by iterating over it: the client is slowed down to the pace of the reader. The loop ends when the
 * connection does.
 */
export interface LiveSocket<Incoming = RawMessage, Outgoing = RawMessage> extends AsyncIterable<Incoming> {
  /** The subprotocol that was agreed on; empty without one. */
  readonly protocol: string;
  /** Whether messages can still be sent. */
  readonly isOpen: boolean;
  /** Bytes that wait for the client to take them. */
  readonly bufferedBytes: number;
  /**
   * Sends a message.
   *
   * @returns whether it was taken: false when the connection is over, or the message was dropped
   * @throws E_HTTP_MESSAGE_UNSENDABLE when it does not fit the route's `send` schema
   */
  send(message: Outgoing): boolean;
  /**
   * Ends the connection.
   *
   * @param code 1000 (default), or 3000 to 4999 with a meaning of your own
   * @param reason at most 123 bytes; what is longer is cut
   */
  close(code?: number, reason?: string): void;
  /** Reads and forgets whatever the client sends, until the connection ends: for routes that only send. */
  discard(): Promise<void>;
}

/** Any open WebSocket, its types forgotten. */
// eslint-disable-next-line typescript/no-explicit-any -- sockets of every type meet here
export type AnySocket = LiveSocket<any, any>;

/** The declaration that a route carries, its types forgotten. */
export interface WebSocketDeclaration extends WebSocketPolicies {
  readonly message?: Schema | undefined;
  readonly send?: Schema | undefined;
  // Handlers of every shape meet in this type.
  readonly handler: SocketHandler;
}

// eslint-disable-next-line typescript/no-explicit-any -- handlers of every shape meet here, and only here
export type SocketHandler = (socket: AnySocket, c: any) => unknown;
