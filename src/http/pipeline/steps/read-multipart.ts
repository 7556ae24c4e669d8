import { parseSize } from "../../../core/mod.ts";
import { BodyDigest, digestParts } from "../../body/body-digest.ts";
import type { BodyStream } from "../../contract.ts";
import { boundaryOf } from "../../multipart/boundary.ts";
import { collectParts } from "../../multipart/collect.ts";
import type { MultipartDeclaration, MultipartStreamDeclaration, PartStream } from "../../multipart/declaration.ts";
import { readParts } from "../../multipart/parts.ts";
import { resolveParts } from "../../multipart/settings.ts";
import { Spool } from "../../multipart/spool.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/** Opens a request's body, decompressed where it is compressed. */
export type OpenBody = (exchange: LiveExchange) => BodyStream;

/** Reads the parts of a body: all of them before the handler runs, or as the handler takes them. @param digested whether they are hashed */
export function compileMultipart(
  body: MultipartDeclaration | MultipartStreamDeclaration,
  open: OpenBody,
  digested: boolean,
): Step {
  const settings = resolveParts(body.files, body.limits);
  const parts = (exchange: LiveExchange): PartStream => {
    const boundary = boundaryOf(exchange.request.headers["content-type"]);
    const sent = readParts(open(exchange), boundary, settings);
    return digested ? digestParts(sent, (exchange.digest = new BodyDigest())) : sent;
  };
  if (body.kind === "multipart-stream") {
    return (exchange) => {
      exchange.body = parts(exchange);
    };
  }
  const memory = parseSize(body.memory);
  return (exchange) => {
    // No body is no fault here: the declaration decides whether one was needed.
    if (exchange.request.bodyLength === 0) return undefined;
    return collect(exchange, parts(exchange), new Spool(memory));
  };
}

async function collect(exchange: LiveExchange, parts: PartStream, spool: Spool): Promise<void> {
  const close = (): void => {
    spool.close().catch((error: unknown) => exchange.log.error({ error }, "a temporary file was not closed"));
  };
  exchange.atEnd(close);
  exchange.body = await collectParts(parts, spool);
}
