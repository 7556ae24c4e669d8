import { isUtf8 } from "node:buffer";
import { parseMediaType } from "../../../security/mod.ts";
import type { BodyDeclaration, BodyStreamDeclaration, BodyType } from "../../contract.ts";
import { errors } from "../../errors.ts";
import { FieldsFault, parseFields } from "../../validation/form.ts";
import { parseJson } from "../../validation/json.ts";
import type { LiveExchange, Step } from "../exchange.ts";

const FORM = "application/x-www-form-urlencoded";

/** Reads the body as the route declares it. What the body is, is decided by the route; the request's Content-Type must agree. */
export function compileRead(body: BodyDeclaration, accepts: readonly BodyType[], limit: number): Step {
  return isBodyStream(body) ? compileStream(body, limit) : compileWhole(accepts, limit);
}

export function isBodyStream(body: BodyDeclaration | undefined): body is BodyStreamDeclaration {
  return body !== undefined && "kind" in body && body.kind === "stream";
}

function compileStream(body: BodyStreamDeclaration, limit: number): Step {
  const any = body.types.includes("*");
  return (exchange) => {
    refuseEncoding(exchange);
    if (!any && !body.types.includes(typeOf(exchange) ?? "")) throw errors.BODY_TYPE_UNSUPPORTED({ accepted: body.types });
    refuseLength(exchange, limit);
    exchange.body = exchange.transport.streamBody(limit);
  };
}

function compileWhole(accepts: readonly BodyType[], limit: number): Step {
  const accepted = accepts.map((type) => (type === "json" ? "application/json" : FORM));
  const json = accepts.includes("json");
  const form = accepts.includes("form");
  return (exchange) => {
    // No body is no fault here: the schema decides whether one was needed.
    if (exchange.request.bodyLength === 0) return undefined;
    refuseEncoding(exchange);
    refuseLength(exchange, limit);
    const type = typeOf(exchange);
    const isJson = json && type !== undefined && (type === "application/json" || type.endsWith("+json"));
    if (!isJson && !(form && type === FORM)) throw errors.BODY_TYPE_UNSUPPORTED({ accepted });
    return exchange.transport.readBody(limit).then((bytes) => {
      exchange.body = isJson ? parseJson(bytes) : parseForm(bytes);
    });
  };
}

function typeOf(exchange: LiveExchange): string | undefined {
  const header = exchange.request.headers["content-type"];
  // perf: the one spelling that nearly every client sends needs no parsing.
  if (header === "application/json") return header;
  return header === undefined ? undefined : parseMediaType(header)?.type;
}

function refuseLength(exchange: LiveExchange, limit: number): void {
  if (exchange.request.bodyLength > limit) throw errors.BODY_TOO_LARGE({ limit });
}

function refuseEncoding(exchange: LiveExchange): void {
  const encoding = exchange.request.headers["content-encoding"];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") throw errors.BODY_ENCODING_UNSUPPORTED({});
}

function parseForm(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw errors.BODY_MALFORMED({ reason: "The body is not valid UTF-8." });
  const fields = parseFields(bytes.toString("utf8"));
  if (fields instanceof FieldsFault) throw errors.BODY_MALFORMED({ reason: `The form has ${fields.reason}.` });
  return fields;
}
