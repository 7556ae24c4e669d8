import { parseSize } from "../../core/mod.ts";
import type { RuleResources } from "../contract.ts";
import { compileDecode, compileEncode } from "../live/message-codec.ts";
import type { WebSocketDeclaration } from "../live/web-socket-contract.ts";
import { createAcceptor } from "../node/web-socket-library.ts";
import type { WebSocketSettings } from "../live/web-socket-settings.ts";
import type { DeadlineTable } from "./deadline.ts";

const DEFAULT_MAX_MESSAGE = "1mb";
const DEFAULT_BACKLOG = "1mb";
const DEFAULT_HEARTBEAT = "30s";

interface CompileTools {
  readonly resources: RuleResources;
  readonly deadlines: DeadlineTable;
}

/**
 * Compiles what a WebSocket route says of its messages.
 *
 * @param path the route's template
 * @throws E_CORE_SIZE_INVALID, E_CORE_DURATION_INVALID
 */
export async function compileWebSocket(
  path: string,
  declared: WebSocketDeclaration,
  { resources, deadlines }: CompileTools,
): Promise<WebSocketSettings> {
  const { protocols = [], compress = false, messageLimit: limit } = declared;
  const maxMessage = parseSize(declared.maxMessage ?? DEFAULT_MAX_MESSAGE);
  return {
    acceptor: await createAcceptor({ maxMessage, protocols, compress }),
    handler: declared.handler,
    decode: compileDecode(declared.message),
    encode: compileEncode(path, declared.send),
    check: limit === undefined ? null : await limit.engine.open([limit], resources),
    heartbeats: deadlines.queueFor(declared.heartbeat ?? DEFAULT_HEARTBEAT),
    maxMessage,
    backlog: parseSize(declared.backlog ?? DEFAULT_BACKLOG),
    drop: declared.whenFull === "drop",
  };
}
