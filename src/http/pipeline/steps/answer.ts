import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Csp } from "../../../security/mod.ts";
import { MIN_COMPRESSED } from "../../compression/coding.ts";
import { hashedTag } from "../../conditions/etag.ts";
import type { SentValidators } from "../../conditions/validators.ts";
import type { ReplyDeclaration, RouteContract, Schema } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { Reply } from "../../reply.ts";
import { addFaults, isPromise, validate } from "../../validation/validate.ts";
import { isResponse } from "../../web-value.ts";
import { addVaryText, composeHeaderText } from "../answer-headers.ts";
import { deliver } from "../deliver.ts";
import {
  type JsonBody,
  JSON_TYPE,
  checkedStatus,
  draftJson,
  draftReply,
  draftResponse,
  draftValue,
  isRead,
} from "../draft-answer.ts";
import type { LiveExchange, Step } from "../exchange.ts";
import { type FinishRules, finishAnswer } from "../finish-answer.ts";

/** What a finished result must fit, by status, and how its answer is finished. */
interface ReplyRules extends FinishRules {
  readonly route: string;
  /** Whether JSON answers get a tag of their bytes. */
  readonly tagged: boolean;
  schemaFor(status: number): Schema | undefined;
}

/** Turns what the handler returned into an answer and sends it. @param route method and path */
export function compileAnswer(route: string, contract: RouteContract, pageCsp: Csp): Step {
  const { reply: declared, compress, etag } = contract;
  const rules: ReplyRules = { route, pageCsp, compress, tagged: etag === "auto", schemaFor: compileSchemas(route, declared) };
  return (exchange) => {
    const { result } = exchange;
    if (isResponse(result)) return finishAnswer(exchange, draftResponse(exchange, result), rules);
    if (result instanceof Reply) {
      if (result.kind !== "json") return finishAnswer(exchange, draftReply(exchange, result), rules);
      return sendJson(exchange, rules, { status: result.status, value: result.value, reply: result });
    }
    if (result === undefined && declared === undefined) return finishAnswer(exchange, draftReply(exchange, NO_CONTENT), rules);
    return sendJson(exchange, rules, { status: 200, value: result, reply: null });
  };
}

const NO_CONTENT = new Reply(204, "empty", undefined);

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

/** A value to be sent as JSON. */
interface JsonResult {
  readonly status: number;
  readonly value: unknown;
  /** The reply that it came in; null for a plain value. */
  readonly reply: Reply | null;
}

/** Sends a JSON value through its schema, so that only declared fields leave. */
function sendJson(exchange: LiveExchange, rules: ReplyRules, { status, value, reply }: JsonResult): void | Promise<void> {
  const schema = rules.schemaFor(status);
  if (schema === undefined) return sendValue(exchange, rules, { status, value, reply });
  const send = (outcome: Result): void | Promise<void> =>
    sendValue(exchange, rules, { status, value: accepted(rules.route, status, outcome), reply });
  const outcome = validate(schema, value);
  return isPromise(outcome) ? outcome.then(send) : send(outcome);
}

type Result = StandardSchemaV1.Result<unknown>;

function accepted(route: string, status: number, result: Result): unknown {
  if (result.issues === undefined) return result.value;
  const faults: Parameters<typeof addFaults>[0] = [];
  addFaults(faults, "reply", result.issues);
  throw errors.REPLY_INVALID({ route, status }, { faults });
}

function sendValue(exchange: LiveExchange, rules: ReplyRules, { status, value, reply }: JsonResult): void | Promise<void> {
  checkedStatus(exchange, status);
  const text = JSON.stringify(value) ?? "null";
  const json: JsonBody = { status, text, length: Buffer.byteLength(text) };
  const version = rules.tagged ? versionOf(exchange, json) : null;
  if (reply !== null) return finishAnswer(exchange, draftJson(exchange, json, reply, version), rules);
  if (version !== null || !exchange.transport.takesText || mayCompress(exchange, rules, json.length)) {
    return finishAnswer(exchange, draftValue(exchange, json, version), rules);
  }
  deliver(exchange, { status, headers: headerText(exchange, rules, json.length), body: text, length: json.length });
}

function versionOf(exchange: LiveExchange, { status, text, length }: JsonBody): SentValidators | null {
  const etag = status === 200 && isRead(exchange) ? hashedTag(text, length) : undefined;
  return etag === undefined ? null : { etag, modified: undefined };
}

function mayCompress({ request }: LiveExchange, { compress }: ReplyRules, length: number): boolean {
  return length >= MIN_COMPRESSED && compress !== false && request.headers["accept-encoding"] !== undefined;
}

function headerText(exchange: LiveExchange, { compress }: ReplyRules, length: number): string {
  const text = composeHeaderText(exchange, JSON_TYPE, length);
  return length < MIN_COMPRESSED || compress === false ? text : addVaryText(text, "accept-encoding");
}
