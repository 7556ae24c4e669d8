import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Csp } from "../../../security/mod.ts";
import { MIN_COMPRESSED } from "../../compression/coding.ts";
import type { SentValidators } from "../../conditions/validators.ts";
import type { RouteContract } from "../../contract.ts";
import { Reply } from "../../reply.ts";
import { isPromise, validate } from "../../validation/validate.ts";
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
  tagOfBody,
} from "../draft-answer.ts";
import type { LiveExchange, Step } from "../exchange.ts";
import { type FinishRules, finishAnswer } from "../finish-answer.ts";
import { type ReplySchemas, acceptedReply } from "../reply-schemas.ts";

/** What a finished result must fit, by status, and how its answer is finished. */
interface ReplyRules extends FinishRules {
  readonly schemas: ReplySchemas;
  /** Whether JSON answers get a tag of their bytes. */
  readonly tagged: boolean;
}

/** Turns what the handler returned into an answer and sends it. */
export function compileAnswer(schemas: ReplySchemas, { compress, etag }: RouteContract, pageCsp: Csp): Step {
  const rules: ReplyRules = { schemas, pageCsp, compress, tagged: etag === "auto" };
  return (exchange) => {
    const { result } = exchange;
    if (isResponse(result)) return finishAnswer(exchange, draftResponse(exchange, result), rules);
    if (result instanceof Reply) {
      if (result.kind !== "json") return finishAnswer(exchange, draftReply(exchange, result), rules);
      return sendJson(exchange, rules, { status: result.status, value: result.value, reply: result });
    }
    if (result === undefined && !schemas.declared) return finishAnswer(exchange, draftReply(exchange, NO_CONTENT), rules);
    return sendJson(exchange, rules, { status: 200, value: result, reply: null });
  };
}

const NO_CONTENT = new Reply(204, "empty", undefined);

/** A value to be sent as JSON. */
interface JsonResult {
  readonly status: number;
  readonly value: unknown;
  /** The reply that it came in; null for a plain value. */
  readonly reply: Reply | null;
}

/** Sends a JSON value through its schema, so that only declared fields leave. */
function sendJson(exchange: LiveExchange, rules: ReplyRules, { status, value, reply }: JsonResult): void | Promise<void> {
  const schema = rules.schemas.schemaFor(status);
  if (schema === undefined) return sendValue(exchange, rules, { status, value, reply });
  const send = (outcome: Result): void | Promise<void> =>
    sendValue(exchange, rules, { status, value: acceptedReply(rules.schemas.route, status, outcome), reply });
  const outcome = validate(schema, value);
  return isPromise(outcome) ? outcome.then(send) : send(outcome);
}

type Result = StandardSchemaV1.Result<unknown>;

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

function versionOf(exchange: LiveExchange, json: JsonBody): SentValidators | null {
  const etag = tagOfBody(exchange, json);
  return etag === undefined ? null : { etag, modified: undefined };
}

function mayCompress({ request }: LiveExchange, { compress }: ReplyRules, length: number): boolean {
  return length >= MIN_COMPRESSED && compress !== false && request.headers["accept-encoding"] !== undefined;
}

function headerText(exchange: LiveExchange, { compress }: ReplyRules, length: number): string {
  const text = composeHeaderText(exchange, JSON_TYPE, length);
  return length < MIN_COMPRESSED || compress === false ? text : addVaryText(text, "accept-encoding");
}
