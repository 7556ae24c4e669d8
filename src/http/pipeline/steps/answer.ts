import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Csp } from "../../../security/mod.ts";
import type { ReplyDeclaration, Schema } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { openEventStream } from "../../live/event-stream.ts";
import type { EventsDeclaration } from "../../live/events-declaration.ts";
import { Reply, type StreamSource } from "../../reply.ts";
import { isResponse } from "../../web-value.ts";
import { addFaults, isPromise, validate } from "../../validation/validate.ts";
import { composeHeaderText, composeHeaders, indexOfHeader } from "../answer-headers.ts";
import type { Answer, LiveExchange, Step } from "../exchange.ts";
import { holdToLength, openSource } from "../stream-source.ts";

/** What a finished result must fit, by status. */
interface ReplyRules {
  readonly route: string;
  schemaFor(status: number): Schema | undefined;
}

/** Turns what the handler returned into an answer and sends it. */
export function compileAnswer(route: string, declared: ReplyDeclaration | undefined, pageCsp: Csp): Step {
  const rules: ReplyRules = { route, schemaFor: compileSchemas(route, declared) };
  return (exchange) => {
    const { result } = exchange;
    if (isResponse(result)) return send(exchange, fromResponse(exchange, result), pageCsp);
    if (result instanceof Reply) {
      if (result.kind !== "json") return send(exchange, fromReply(exchange, result), pageCsp);
      return sendJson(exchange, rules, result);
    }
    if (result === undefined && declared === undefined) return send(exchange, fromReply(exchange, NO_CONTENT), pageCsp);
    return sendJson(exchange, rules, result, 200);
  };
}

const NO_CONTENT = new Reply(204, "empty", undefined);
const JSON_TYPE = "application/json; charset=utf-8";
const NONE: readonly string[] = [];

function compileSchemas(route: string, declared: ReplyDeclaration | undefined): ReplyRules["schemaFor"] {
  if (declared === undefined) return () => undefined;
  if ("~standard" in declared) return () => declared;
  const schemas = new Map(Object.entries(declared).map(([status, schema]) => [Number(status), schema]));
  return (status) => {
    const schema = schemas.get(status);
    if (schema === undefined) throw errors.REPLY_UNDECLARED({ route, status });
    return schema;
  };
}

/** Sends a JSON value through its schema, so that only declared fields leave. */
function sendJson(exchange: LiveExchange, rules: ReplyRules, result: unknown, plainStatus?: number): void | Promise<void> {
  const status = plainStatus ?? (result as Reply).status;
  const value = plainStatus === undefined ? (result as Reply).value : result;
  const headers = plainStatus === undefined ? ownHeaders(rules.route, result as Reply) : NONE;
  const schema = rules.schemaFor(status);
  if (schema === undefined) return sendText(exchange, status, value, headers);
  const outcome = validate(schema, value);
  if (!isPromise(outcome)) return sendText(exchange, status, accepted(rules.route, status, outcome), headers);
  return outcome.then((later) => sendText(exchange, status, accepted(rules.route, status, later), headers));
}

type Result = StandardSchemaV1.Result<unknown>;

function accepted(route: string, status: number, result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const faults: Parameters<typeof addFaults>[0] = [];
  addFaults(faults, "reply", result.issues);
  throw errors.REPLY_INVALID({ route, status }, { faults });
}

function sendText(exchange: LiveExchange, status: number, value: unknown, headers: readonly string[]): void {
  checkedStatus(exchange, status);
  const body = JSON.stringify(value) ?? "null";
  const length = Buffer.byteLength(body);
  if (headers === NONE && exchange.transport.takesText) {
    deliver(exchange, { status, headers: composeHeaderText(exchange, JSON_TYPE, length), body, length });
    return;
  }
  const own = ["content-type", JSON_TYPE, "content-length", String(length)];
  deliver(exchange, { status, headers: composeHeaders(exchange, own, headers), body, length });
}

/** An answer whose headers can still be changed. */
interface ListedAnswer extends Answer {
  readonly headers: readonly string[];
}

function fromReply(exchange: LiveExchange, result: Reply): ListedAnswer {
  const { kind, value } = result;
  const status = checkedStatus(exchange, result.status);
  const replacing = ownHeaders(exchange.plan.path, result);
  if (kind === "text") {
    const body = value as string;
    const length = Buffer.byteLength(body);
    return { status, headers: composeHeaders(exchange, ["content-length", String(length)], replacing), body, length };
  }
  if (kind === "stream") {
    const headers = composeHeaders(exchange, NONE, replacing);
    return streamed(exchange, { status, headers }, value as StreamSource);
  }
  if (kind === "events") {
    const headers = composeHeaders(exchange, NONE, replacing);
    return { status, headers, body: openEventStream(exchange, value as EventsDeclaration), length: -1 };
  }
  const own = status === 204 || status === 304 ? NONE : ["content-length", "0"];
  return { status, headers: composeHeaders(exchange, own, replacing), body: null, length: 0 };
}

function checkedStatus(exchange: LiveExchange, status: number): number {
  if (Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw errors.REPLY_STATUS_INVALID({ route: exchange.plan.path, status });
}

/** Fields that the transport owns. */
const TRANSPORT_FIELDS: ReadonlySet<string> = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "date"]);

/** A reply's own headers. Where a message ends is not for handlers to say: two answers to that would split the connection's answers. */
function ownHeaders(route: string, { kind, headers }: Reply): readonly string[] {
  for (let index = 0; index < headers.length; index += 2) {
    const name = (headers[index] as string).toLowerCase();
    if (TRANSPORT_FIELDS.has(name) || (name === "content-length" && kind !== "stream"))
      throw errors.REPLY_HEADER_INVALID({ route, name });
  }
  return headers;
}

function fromResponse(exchange: LiveExchange, response: Response): ListedAnswer {
  const headers = [...response.headers].filter(([name]) => !TRANSPORT_FIELDS.has(name)).flat();
  const head = { status: checkedStatus(exchange, response.status), headers: composeHeaders(exchange, NONE, headers) };
  if (response.body === null) return { ...head, body: null, length: 0 };
  return streamed(exchange, head, response.body as StreamSource);
}

/** An answer whose body comes as a stream, as long as its Content-Length says, if it has one. */
function streamed(exchange: LiveExchange, head: Pick<ListedAnswer, "status" | "headers">, source: StreamSource): ListedAnswer {
  const at = indexOfHeader(head.headers, "content-length");
  if (at === -1) return { ...head, body: openSource(source), length: -1 };
  const text = head.headers[at + 1] as string;
  if (!/^\d{1,15}$/.test(text)) throw errors.REPLY_HEADER_INVALID({ route: exchange.plan.path, name: "content-length" });
  const length = Number(text);
  return { ...head, body: holdToLength(openSource(source), length), length };
}

function send(exchange: LiveExchange, answer: ListedAnswer, pageCsp: Csp): void {
  const nonce = exchange.usedNonce;
  if (nonce === null) return deliver(exchange, answer);
  const headers = [...answer.headers];
  const at = indexOfHeader(headers, "content-security-policy");
  if (at === -1) headers.push("content-security-policy", pageCsp.withNonce(nonce));
  else headers[at + 1] = pageCsp.withNonce(nonce);
  deliver(exchange, { ...answer, headers });
}

function deliver(exchange: LiveExchange, answer: Answer): void {
  const { body } = answer;
  if (typeof body === "object" && body !== null) {
    if (exchange.settled) return body.close();
    // A stream has begun in time, and lasts as long as the client takes it: the slow-client guard bounds it from here.
    exchange.plan.deadlines?.remove(exchange);
    exchange.deadline = Infinity;
  }
  if (exchange.settled) return;
  exchange.settled = true;
  exchange.transport.send(exchange, answer);
}
