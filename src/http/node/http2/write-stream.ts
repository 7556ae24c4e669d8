import type { ServerHttp2Stream } from "node:http2";
import { toHeaderList } from "../../pipeline/answer-headers.ts";
import type { Answer, LiveExchange } from "../../pipeline/exchange.ts";
import { type OpenSource, isOpenSource } from "../../pipeline/stream-source.ts";
import { drained } from "../write.ts";

/** RFC 9113, section 7. */
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;

/** A body is written in pieces of one frame, so that it shows how much of it the client has taken. */
const PIECE_BYTES = 16_384;

/**
 * Writes an answer to an HTTP/2 stream, as fast as the client takes it.
 *
 * @param onWrite told how many bytes of the body were handed over
 */
export function writeStream(
  exchange: LiveExchange,
  stream: ServerHttp2Stream,
  answer: Answer,
  onWrite: (bytes: number) => void,
): void {
  const { status, body, length } = answer;
  if (stream.destroyed || stream.closed) {
    if (isOpenSource(body)) body.close();
    exchange.clientLeft();
    return;
  }
  const bodiless = exchange.request.method === "HEAD" || status === 204 || status === 304;
  const sends = body !== null && length !== 0 && !bodiless;
  leaveBodyUnread(stream);
  try {
    stream.respond([":status", String(status), ...fieldsOf(answer)], { endStream: !sends });
  } catch (thrown) {
    if (isOpenSource(body)) body.close();
    fail(exchange, stream, status, thrown);
    return;
  }
  if (!sends) {
    if (isOpenSource(body)) body.close();
    exchange.finish(status, 0);
  } else if (!isOpenSource(body) && length <= PIECE_BYTES) {
    exchange.finish(status, length);
    onWrite(length);
    stream.end(body);
  } else {
    const source = isOpenSource(body) ? body : sourceOf(body);
    pump({ exchange, stream, status, source, onWrite }).catch((thrown: unknown) => fail(exchange, stream, status, thrown));
  }
}

/** Fields of a connection, which an answer over HTTP/2 must not have (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set(["connection", "upgrade"]);

function fieldsOf({ headers }: Answer): string[] {
  const list = typeof headers === "string" ? toHeaderList(headers) : headers;
  const fields: string[] = [];
  for (let index = 0; index < list.length; index += 2) {
    if (!CONNECTION_FIELDS.has(list[index] as string)) fields.push(list[index] as string, list[index + 1] as string);
  }
  return fields;
}

function fail(exchange: LiveExchange, stream: ServerHttp2Stream, status: number, thrown: unknown): void {
  exchange.breakOff(status, thrown);
  stream.close(INTERNAL_ERROR);
}

/** A client that still sends what nobody reads is told to stop once it has its answer (RFC 9113, section 8.1). */
function leaveBodyUnread(stream: ServerHttp2Stream & { readonly complete?: boolean }): void {
  if (stream.complete === true) return;
  stream.once("finish", () => {
    if (stream.complete !== true) stream.close(NO_ERROR);
  });
}

interface Pumping {
  readonly exchange: LiveExchange;
  readonly stream: ServerHttp2Stream;
  readonly status: number;
  readonly source: OpenSource;
  readonly onWrite: (bytes: number) => void;
}

async function pump({ exchange, stream, status, source, onWrite }: Pumping): Promise<void> {
  stream.once("close", () => source.close());
  for (;;) {
    const { done, value } = await source.next();
    if (stream.destroyed) return;
    if (done === true) break;
    const chunk = typeof value === "string" ? Buffer.from(value) : value;
    for (let at = 0; at < chunk.byteLength; at += PIECE_BYTES) {
      const piece = chunk.subarray(at, at + PIECE_BYTES);
      exchange.bytesOut += piece.byteLength;
      onWrite(piece.byteLength);
      if (!stream.write(piece) && !stream.destroyed) await drained(stream);
      if (stream.destroyed) return;
    }
  }
  exchange.finish(status, exchange.bytesOut);
  stream.end();
}

function sourceOf(whole: string | Uint8Array): OpenSource {
  let left: string | Uint8Array | undefined = whole;
  return {
    next: () => {
      const value = left;
      left = undefined;
      return Promise.resolve(value === undefined ? { done: true, value } : { done: false, value });
    },
    close: () => undefined,
  };
}
