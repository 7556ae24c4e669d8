import type * as FastCheck from "fast-check";
import type { ApiOperation } from "./operations.ts";
import { type ValueTools, fitting, misfitsFor, valuesFor } from "./values.ts";

type Arbitrary<Value> = FastCheck.Arbitrary<Value>;
type Parameter = ApiOperation["parameters"][number];

/** A request before it is sent. Plain data, so that a failing one can be printed whole. */
export interface PlannedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A request in parts, each of which may be spoiled. */
interface RequestParts {
  readonly path: Readonly<Record<string, string>>;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: SentBody | undefined;
}

interface SentBody {
  readonly type: string;
  readonly content: string | Uint8Array;
}

/** Turns a good request into a bad one. */
type Spoiler = (parts: RequestParts) => RequestParts;

export interface RequestMaker {
  /** Requests that fit the document. */
  readonly valid: Arbitrary<PlannedRequest>;
  /** Requests that do not, in one way each; undefined when an operation takes anything. */
  readonly invalid: Arbitrary<PlannedRequest> | undefined;
}

/** Makes requests to one operation. @param credentials headers that its security asks for */
export function createRequests(
  tools: ValueTools,
  operation: ApiOperation,
  credentials: Readonly<Record<string, string>>,
): RequestMaker {
  const finish = (parts: RequestParts): PlannedRequest => assemble(operation, parts);
  const valid = validParts(tools, operation, credentials);
  const spoilers = spoilersFor(tools, operation, credentials);
  return {
    valid: valid.map(finish),
    invalid:
      spoilers.length === 0
        ? undefined
        : tools.fc.tuple(valid, tools.fc.oneof(...spoilers)).map(([parts, spoil]) => finish(spoil(parts))),
  };
}

function validParts(
  tools: ValueTools,
  operation: ApiOperation,
  credentials: Readonly<Record<string, string>>,
): Arbitrary<RequestParts> {
  const { fc } = tools;
  const { parameters } = operation;
  const texts = (place: Parameter["in"]): Arbitrary<readonly (readonly [string, readonly string[]])[]> => {
    const those = parameters.filter((parameter) => parameter.in === place);
    const all = those.map((parameter) => {
      const present = textsFor(tools, parameter).map((values) => [[parameter.name, values] as const]);
      return parameter.required === true ? present : fc.oneof(present, fc.constant([]));
    });
    return fc.tuple(...all).map((lists) => lists.flat());
  };
  return fc
    .record({
      path: texts("path"),
      query: texts("query"),
      headers: texts("header"),
      part: partOf(tools, operation),
      body: bodies(tools, operation),
    })
    .map((parts) => ({
      path: single(parts.path),
      query: parts.query.flatMap(([name, values]) => values.map((value) => [name, value] as const)),
      headers: { ...parts.part, ...single(parts.headers), ...credentials },
      body: parts.body,
    }));
}

/** Asks now and then for a part of an answer that does not say that it has parts: it may be a file all the same. */
function partOf({ fc }: ValueTools, { method, parameters }: ApiOperation): Arbitrary<Record<string, string>> {
  const whole = fc.constant({});
  if (method !== "GET" || parameters.some(({ name }) => name.toLowerCase() === "range")) return whole;
  return fc.oneof({ withCrossShrink: true }, { weight: 7, arbitrary: whole }, fc.constant({ range: "bytes=0-0" }));
}

const single = (fields: readonly (readonly [string, readonly string[]])[]): Record<string, string> =>
  Object.fromEntries(fields.map(([name, values]) => [name, values.join(",")]));

/** The values of a parameter as they are sent; a list is sent once for each item. */
function textsFor(tools: ValueTools, parameter: Parameter): Arbitrary<readonly string[]> {
  const values = valuesFor(tools, parameter.schema).map((value) => [value].flat().map(String));
  return fitting(values, (texts) => texts.every((text) => isSendable(parameter, text)), `can be sent as ${parameter.name}`);
}

/** Whether a text arrives as it is: in a path that no URL tidies up, in a header that is one. */
function isSendable({ in: place }: Parameter, text: string): boolean {
  if (!text.isWellFormed()) return false;
  if (place === "path") return text !== "" && text !== "." && text !== "..";
  return place === "query" || /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(text);
}

function bodies(tools: ValueTools, { requestBody }: ApiOperation): Arbitrary<SentBody | undefined> {
  const { fc } = tools;
  if (requestBody === undefined) return fc.constant(undefined);
  const kinds = Object.entries(requestBody.content).map(([type, media]) => bodyOfType(tools, type, media));
  const present = fc.oneof(...kinds);
  return requestBody.required ? present : fc.oneof(present, fc.constant(undefined));
}

const isJson = (type: string): boolean => /[/+]json$/.test(type);

type Media = NonNullable<ApiOperation["requestBody"]>["content"][string];

function bodyOfType(tools: ValueTools, type: string, { schema = {}, encoding = {} }: Media): Arbitrary<SentBody> {
  const { fc } = tools;
  if (type === "multipart/form-data")
    return valuesFor(tools, schema).map((value) => toMultipart(value as object, Object.keys(encoding)));
  if (isJson(type)) return valuesFor(tools, schema).map((value) => ({ type, content: JSON.stringify(value) }));
  if (type === "application/x-www-form-urlencoded")
    return valuesFor(tools, schema).map((value) => ({ type, content: toForm(value) }));
  if (type.startsWith("text/")) return valuesFor(tools, schema).map((value) => ({ type, content: String(value) }));
  const named = type.replace("*/*", "application/octet-stream").replace("/*", "/x-any");
  return fc.uint8Array({ maxLength: 64 }).map((content) => ({ type: named, content }));
}

function toForm(value: unknown): string {
  const fields = Object.entries(value as object).flatMap(([name, field]) => [field].flat().map((one) => [name, String(one)]));
  return new URLSearchParams(fields).toString();
}

const BOUNDARY = "between-the-parts-of-a-random-form";

/** @param files names whose parts are files */
function toMultipart(value: object, files: readonly string[]): SentBody {
  const parts = Object.entries(value).flatMap(([name, member]) =>
    [member].flat().map((one) => {
      const file = files.includes(name) ? '; filename="random.bin"' : "";
      return `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${String(one)}\r\n`;
    }),
  );
  return { type: `multipart/form-data; boundary=${BOUNDARY}`, content: `${parts.join("")}--${BOUNDARY}--\r\n` };
}

function spoilersFor(
  tools: ValueTools,
  operation: ApiOperation,
  credentials: Readonly<Record<string, string>>,
): Arbitrary<Spoiler>[] {
  const { fc } = tools;
  const secured = operation.security.length > 0 && Object.keys(credentials).length > 0;
  return [
    ...operation.parameters.flatMap((parameter) => parameterSpoilers(tools, parameter)),
    ...bodySpoilers(tools, operation),
    ...(secured
      ? [fc.constant<Spoiler>((parts) => ({ ...parts, headers: without(parts.headers, Object.keys(credentials)) }))]
      : []),
  ];
}

function parameterSpoilers(tools: ValueTools, { name, in: place, required, schema }: Parameter): Arbitrary<Spoiler>[] {
  const { fc } = tools;
  const put = (text: string): Spoiler => {
    if (place === "query")
      return (parts) => ({ ...parts, query: [...parts.query.filter(([key]) => key !== name), [name, text]] });
    const part = place === "path" ? "path" : "headers";
    return (parts) => ({ ...parts, [part]: { ...parts[part], [name]: text } });
  };
  const remove: Spoiler =
    place === "query"
      ? (parts) => ({ ...parts, query: parts.query.filter(([key]) => key !== name) })
      : (parts) => ({ ...parts, headers: without(parts.headers, [name]) });
  const wrong = wrongTexts(tools, schema, place);
  return [
    ...(wrong === undefined ? [] : [wrong.map(put)]),
    ...(required === true && place !== "path" ? [fc.constant(remove)] : []),
    ...(place === "path" ? [fc.constant(put("\uD800"))] : []), // sent as an escape that is no UTF-8
  ];
}

/** Texts that the schema does not take, whatever they are read as; undefined when it takes all. */
function wrongTexts(tools: ValueTools, schema: object, place: Parameter["in"]): Arbitrary<string> | undefined {
  const { fc, check } = tools;
  const readings = (text: string): unknown[] => [text, Number(text), text === "true", [text], [Number(text)]];
  const isWrong = (text: string): boolean =>
    isSendable({ in: place } as Parameter, text) && !readings(text).some((value) => check.fits(schema, value));
  const texts = fc.oneof(fc.string({ maxLength: 60 }), fc.constantFrom("x", "-1", "1.5", "1e9", "null", "{}", "x".repeat(2_000)));
  if (!fc.sample(texts, { numRuns: 200, seed: 1 }).some(isWrong)) return undefined;
  return fitting(texts, isWrong, "is wrong");
}

function bodySpoilers(tools: ValueTools, { requestBody, ...operation }: ApiOperation): Arbitrary<Spoiler>[] {
  const { fc, check } = tools;
  if (requestBody === undefined) return [];
  const put =
    (type: string, content: string | Uint8Array): Spoiler =>
    (parts) => ({ ...parts, body: { type, content } });
  const spoilers: Arbitrary<Spoiler>[] = [];
  for (const [type, { schema = {} }] of Object.entries(requestBody.content)) {
    if (!isJson(type)) continue;
    const canMiss = fc
      .sample(fc.jsonValue({ maxDepth: 1 }), { numRuns: 100, seed: 1 })
      .some((value) => !check.fits(schema, value));
    if (canMiss) spoilers.push(misfitsFor(tools, schema).map((value) => put(type, JSON.stringify(value))));
    spoilers.push(
      fc.constantFrom("{", "[1,", '"\\x"', "\u0000", '{"__proto__":1}', "[".repeat(5_000)).map((text) => put(type, text)),
    );
    spoilers.push(fc.constant(put(type, Uint8Array.of(0x22, 0xff, 0x22))));
  }
  if (requestBody.required) spoilers.push(fc.constant((parts) => ({ ...parts, body: undefined })));
  if (!("*/*" in requestBody.content)) spoilers.push(fc.constant(put("application/x-nobody-takes-this", "x")));
  const limit = operation["x-body-limit"];
  const [first = ""] = Object.keys(requestBody.content);
  if (limit !== undefined && limit <= LARGEST_BODY) spoilers.push(fc.constant(put(first, " ".repeat(limit + 1))));
  return spoilers;
}

/** Larger ones take longer to make than they teach. */
const LARGEST_BODY = 128 * 1024;

function without(fields: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  const dropped = new Set(names);
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !dropped.has(name)));
}

function assemble({ method, path }: ApiOperation, parts: RequestParts): PlannedRequest {
  const filled = path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeText(parts.path[name] ?? ""));
  const query = new URLSearchParams(parts.query.map(([name, value]) => [name, value])).toString();
  return {
    method,
    path: query === "" ? filled : `${filled}?${query}`,
    headers: { ...parts.headers, ...(parts.body === undefined ? {} : { "content-type": parts.body.type }) },
    ...(parts.body === undefined ? {} : { body: parts.body.content }),
  };
}

/** Percent-encodes; what is no text becomes an escape that is no UTF-8. */
function encodeText(text: string): string {
  return text.isWellFormed() ? encodeURIComponent(text) : "%FF";
}
