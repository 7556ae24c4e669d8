import type { Output, ParamsOf, Route, RouteContract, Schema } from "../contract.ts";
import type {
  LiveSocket,
  Received,
  Sent,
  SocketExchange,
  SocketHandler,
  WebSocketContract,
  WebSocketDeclaration,
} from "./web-socket-contract.ts";

/** Declares a WebSocket route; see `route.websocket`. */
export interface WebSocketBuilder {
  <
    const Path extends string,
    Principal = undefined,
    Params extends Schema | undefined = undefined,
    Query extends Schema | undefined = undefined,
    Headers extends Schema | undefined = undefined,
    Incoming extends Schema | undefined = undefined,
    Outgoing extends Schema | undefined = undefined,
  >(
    path: Path,
    contract: WebSocketContract<Path, Params, Query, Headers, Incoming, Outgoing, Principal>,
    handler: (
      socket: LiveSocket<Received<Incoming>, Sent<Outgoing>>,
      c: SocketExchange<ParamsOf<Path, Params>, Output<Query>, Output<Headers>, Principal>,
    ) => void | Promise<void>,
  ): Route<
    "GET",
    Path,
    WebSocketContract<
      Path,
      NoInfer<Params>,
      NoInfer<Query>,
      NoInfer<Headers>,
      NoInfer<Incoming>,
      NoInfer<Outgoing>,
      NoInfer<Principal>
    > &
      RouteContract
  >;
}

type AnyWebSocketContract = WebSocketContract<string, Schema, Schema, Schema, Schema, Schema, unknown>;

/**
 * A route whose connections become WebSockets (RFC 6455), under the same policies as any other up to that point: limits, `auth`,
 * validation of `params`, `query` and `headers`, a deadline for the handshake; and pages of other origins are refused unless listed. A
 * refusal is an ordinary answer, a problem with its status.
 *
 * The handler runs for as long as the connection is to last: when it returns, the connection closes with 1000, when it throws, with 1011
 * and an entry in the log. When the server stops, each is told so with 1001.
 *
 * @example
 * route.websocket("/rooms/:room", { auth: signedIn, message: Said, send: Heard }, async (socket, { params, principal }) => {
 *   for await (const { text } of socket) socket.send({ room: params.room, from: principal.id, text });
 * });
 */
export const declareWebSocket: WebSocketBuilder = ((path: string, declared: AnyWebSocketContract, handler: SocketHandler) => {
  const { origins, maxMessage, messageLimit, heartbeat, backlog, whenFull, protocols, compress, message, send, ...contract } =
    declared;
  const policies = { origins, maxMessage, messageLimit, heartbeat, backlog, whenFull, protocols, compress, message, send };
  const websocket = { ...definedOf(policies), handler } as WebSocketDeclaration;
  return {
    kind: "route",
    method: "GET",
    path,
    // OpenAPI has no words for messages.
    contract: { ...contract, documented: false, websocket },
    handler,
  };
}) as unknown as WebSocketBuilder;

/** Without what was not said. */
function definedOf(policies: object): object {
  return Object.fromEntries(Object.entries(policies).filter(([, value]) => value !== undefined));
}

/** What a route says of its messages, if it is a WebSocket. */
export function webSocketOf(contract: RouteContract): WebSocketDeclaration | undefined {
  return contract.websocket as WebSocketDeclaration | undefined;
}
