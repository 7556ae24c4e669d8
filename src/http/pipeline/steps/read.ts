import { parseMediaType } from "../../../security/mod.ts";
import { BodyDigest, digestStream } from "../../body/body-digest.ts";
import { collectBytes } from "../../body/byte-collector.ts";
import { type ContentEncoding, findEncoding } from "../../body/content-encoding.ts";
import { isBodyStream, isMultipart } from "../../body/declared.ts";
import { WholeBodyReaders } from "../../body/whole-body.ts";
import type { BodyDeclaration, BodyStream, BodyStreamDeclaration, BodyType } from "../../contract.ts";
import { errors } from "../../errors.ts";
import type { LiveExchange, Step, WholeBody } from "../exchange.ts";

export interface ReadOptions {
  readonly body: BodyDeclaration;
  /** How a body that a schema validates may be sent. */
  readonly accepts: readonly BodyType[];
  /** Bytes, as sent and decompressed. */
  readonly limit: number;
  /** What the body may be compressed with. */
  readonly encodings: readonly ContentEncoding[];
  /** Whether it is hashed as it comes. */
  readonly digested: boolean;
}

/** Reads the body as the route declares it. What the body is, is decided by the route; the request's Content-Type must agree. */
export async function compileRead(options: ReadOptions): Promise<Step> {
  const { body, limit } = options;
  const inflate = await compileInflate(options);
  if (isBodyStream(body)) return compileStream(body, options, inflate);
  if (isMultipart(body)) {
    const { compileMultipart } = await import("./read-multipart.ts");
    return compileMultipart(body, (exchange) => openStream(exchange, limit, inflate), options.digested);
  }
  return compileWhole(options, inflate);
}

/** A body as a stream, decompressed; null when it is not compressed. */
type Inflate = (exchange: LiveExchange) => BodyStream | null;

async function compileInflate({ encodings, limit }: ReadOptions): Promise<Inflate> {
  const encodingOf = (exchange: LiveExchange): ContentEncoding | null =>
    findEncoding(exchange.request.headers["content-encoding"], encodings);
  if (encodings.length === 0) {
    return (exchange) => {
      encodingOf(exchange);
      return null;
    };
  }
  const { inflateBody } = await import("../../body/inflate.ts");
  return (exchange) => {
    const encoding = encodingOf(exchange);
    return encoding === null ? null : inflateBody(exchange.transport.streamBody(limit), encoding, limit);
  };
}

function compileStream(body: BodyStreamDeclaration, { limit, digested }: ReadOptions, inflate: Inflate): Step {
  const any = body.types.includes("*");
  return (exchange) => {
    if (!any && !body.types.includes(typeOf(exchange) ?? "")) throw errors.BODY_TYPE_UNSUPPORTED({ accepted: body.types });
    const stream = openStream(exchange, limit, inflate);
    exchange.body = digested ? digestStream(stream, (exchange.digest = new BodyDigest())) : stream;
  };
}

function openStream(exchange: LiveExchange, limit: number, inflate: Inflate): BodyStream {
  const inflated = inflate(exchange);
  refuseLength(exchange, limit);
  return inflated ?? exchange.transport.streamBody(limit);
}

function compileWhole({ accepts, limit, digested }: ReadOptions, inflate: Inflate): Step {
  const readers = new WholeBodyReaders(accepts, limit);
  return (exchange) => {
    // No body is no fault here: the schema decides whether one was needed.
    if (exchange.request.bodyLength === 0) return undefined;
    const inflated = inflate(exchange);
    refuseLength(exchange, limit);
    const found = readers.find(exchange.request.headers["content-type"]);
    const whole = digested ? withDigest(exchange, found) : found;
    if (inflated === null) return exchange.transport.readBody(exchange, whole);
    return collectBytes(inflated).then((bytes) => {
      exchange.body = whole.parse(bytes);
    });
  };
}

/** Hashes the bytes before they are parsed. */
function withDigest(exchange: LiveExchange, { limit, parse }: WholeBody): WholeBody {
  return {
    limit,
    parse(bytes) {
      const digest = (exchange.digest = new BodyDigest());
      digest.update(bytes);
      digest.end();
      return parse(bytes);
    },
  };
}

function typeOf(exchange: LiveExchange): string | undefined {
  const header = exchange.request.headers["content-type"];
  return header === undefined ? undefined : parseMediaType(header)?.type;
}

function refuseLength(exchange: LiveExchange, limit: number): void {
  if (exchange.request.bodyLength > limit) throw errors.BODY_TOO_LARGE({ limit });
}
