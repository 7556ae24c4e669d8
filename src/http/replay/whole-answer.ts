import { ByteCollector } from "../body/byte-collector.ts";
import { toSentValidators } from "../conditions/validators.ts";
import { isEventStream } from "../compression/compressible.ts";
import { JSON_TYPE, checkedStatus, ownHeaders, responseHeaders, routeOf, tagOfBody } from "../pipeline/draft-answer.ts";
import type { LiveExchange } from "../pipeline/exchange.ts";
import { type ReplySchemas, acceptedReply } from "../pipeline/reply-schemas.ts";
import { type OpenSource, openSource } from "../pipeline/stream-source.ts";
import { Reply } from "../reply.ts";
import { validate } from "../validation/validate.ts";
import { isResponse } from "../web-value.ts";
import type { WholeAnswer } from "./replay-rule.ts";

/** How a route's results are made whole. */
export interface WholeRules {
  readonly schemas: ReplySchemas;
  readonly tagged: boolean;
  /** Bytes. */
  readonly maxBytes: number;
}

/** What came of a result: its answer, or what is left of it to be sent as it is. */
export type Taken = { readonly whole: WholeAnswer } | { readonly whole: null; readonly rest: unknown };

/** Makes an answer of what a handler returned. A web `Response` is read for it, up to the bound; what is longer is handed back unharmed. */
export async function takeWhole(exchange: LiveExchange, rules: WholeRules, result: unknown): Promise<Taken> {
  const taken = tag(exchange, rules, await take(exchange, rules, result));
  // A page that carries its nonce is another one each time.
  if (exchange.usedNonce !== null || (taken.whole !== null && lengthOf(taken.whole) > rules.maxBytes))
    return { whole: null, rest: taken.whole === null ? taken.rest : result };
  return taken;
}

/** Gives an answer a tag of its bytes where it has none of its own. */
function tag(exchange: LiveExchange, { tagged }: WholeRules, taken: Taken): Taken {
  const { whole } = taken;
  if (!tagged || whole === null || whole.etag !== undefined || whole.body === null || whole.headers.includes("etag"))
    return taken;
  const etag = tagOfBody(exchange, { status: whole.status, text: whole.body, length: lengthOf(whole) });
  return etag === undefined ? taken : { whole: { ...whole, etag } };
}

function lengthOf({ body }: WholeAnswer): number {
  return body === null ? 0 : Buffer.byteLength(body);
}

function take(exchange: LiveExchange, rules: WholeRules, result: unknown): Taken | Promise<Taken> {
  if (isResponse(result)) return takeResponse(exchange, rules, result);
  if (!(result instanceof Reply)) {
    if (result === undefined && !rules.schemas.declared) return { whole: answerOf(204, [], null) };
    return takeJson(exchange, rules, { status: 200, value: result, reply: null });
  }
  if (result.kind === "json") return takeJson(exchange, rules, { status: result.status, value: result.value, reply: result });
  if (result.kind !== "text" && result.kind !== "empty") return { whole: null, rest: result };
  const status = checkedStatus(exchange, result.status);
  return { whole: withVersion(exchange, result, answerOf(status, [], result.kind === "text" ? (result.value as string) : null)) };
}

interface JsonResult {
  readonly status: number;
  readonly value: unknown;
  readonly reply: Reply | null;
}

async function takeJson(exchange: LiveExchange, rules: WholeRules, { status, value, reply }: JsonResult): Promise<Taken> {
  const { schemas } = rules;
  checkedStatus(exchange, status);
  const schema = schemas.schemaFor(status);
  const accepted = schema === undefined ? value : acceptedReply(schemas.route, status, await validate(schema, value));
  const text = JSON.stringify(accepted) ?? "null";
  const plain = answerOf(status, ["content-type", JSON_TYPE], text);
  return { whole: reply === null ? plain : withVersion(exchange, reply, plain) };
}

/** Adds what a reply says of itself. */
function withVersion(exchange: LiveExchange, reply: Reply, answer: WholeAnswer): WholeAnswer {
  const { validators } = reply;
  const said = ownHeaders(exchange, reply).map((item, index) => (index % 2 === 0 ? item.toLowerCase() : item));
  const headers = [
    ...answer.headers.filter((_, index) => !said.includes(answer.headers[index - (index % 2)] as string)),
    ...said,
  ];
  return { ...answer, headers, ...(validators === null ? {} : toSentValidators(validators, routeOf(exchange))) };
}

function answerOf(status: number, headers: readonly string[], body: WholeAnswer["body"]): WholeAnswer {
  return { kind: "answer", status, headers, body, etag: undefined, modified: undefined };
}

async function takeResponse(exchange: LiveExchange, { maxBytes }: WholeRules, response: Response): Promise<Taken> {
  const status = checkedStatus(exchange, response.status);
  const said = responseHeaders(response);
  const type = response.headers.get("content-type");
  if (response.body === null) return { whole: answerOf(status, withoutLength(said), null) };
  if (type !== null && isEventStream(type)) return { whole: null, rest: response };
  const source = openSource(response.body as ReadableStream<Uint8Array>);
  exchange.atEnd(() => source.close());
  const begin = new ByteCollector();
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    begin.add(Buffer.from(next.value as Uint8Array));
    if (begin.length <= maxBytes) continue;
    const stream = continued(begin.bytes(), source);
    return { whole: null, rest: new Reply(status, "stream", stream, { headers: said }) };
  }
  return { whole: answerOf(status, withoutLength(said), begin.bytes()) };
}

function withoutLength(headers: readonly string[]): readonly string[] {
  return headers.filter((_, index) => headers[index - (index % 2)] !== "content-length");
}

async function* continued(begin: Uint8Array, source: OpenSource): AsyncGenerator<Uint8Array | string> {
  try {
    yield begin;
    for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
  } finally {
    source.close();
  }
}
