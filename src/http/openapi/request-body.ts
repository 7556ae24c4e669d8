import { parseSize } from "../../core/mod.ts";
import { acceptedEncodings } from "../body/content-encoding.ts";
import { isBodyStream, isMultipart, isValidated } from "../body/declared.ts";
import { mediaTypeOf } from "../body/whole-body.ts";
import type { BodyDeclaration, RouteContract, Schema } from "../contract.ts";
import { bodyLimitOf } from "../pipeline/bounds.ts";
import { isPromise, validate } from "../validation/validate.ts";
import type { Content, RequestBody } from "./contract.ts";
import { documentForm } from "./form-body.ts";
import type { SchemaBook } from "./schema-book.ts";

const BYTES = { type: "string", format: "binary" };

/** The body that a route takes, if it takes one. */
export function documentBody(
  contract: RouteContract,
  { book, place }: { readonly book: SchemaBook; readonly place: string },
): RequestBody | undefined {
  const { body } = contract;
  if (body === undefined) return undefined;
  return {
    description: describe(contract),
    required: isRequired(body),
    content: contentOf(body, contract, (schema) => book.add(schema, "input", `${place} body`)),
  };
}

function describe(contract: RouteContract): string {
  const encodings = acceptedEncodings(contract.decompress);
  const compressed = encodings.length === 0 ? "" : ` It may be compressed: ${encodings.join(", ")}.`;
  return `At most ${bodyLimitOf(contract)}.${compressed}`;
}

/** Bytes that a body may have. */
export function bodyLimitBytes(contract: RouteContract): number | undefined {
  return contract.body === undefined ? undefined : parseSize(bodyLimitOf(contract));
}

/** What a body may be, by media type: one case for each kind of declaration. */
function contentOf(body: BodyDeclaration, contract: RouteContract, add: (schema: Schema) => Record<string, unknown>): Content {
  if (isBodyStream(body)) {
    const { streamedForm } = contract;
    return {
      ...Object.fromEntries(body.types.map((type) => [type === "*" ? "*/*" : type, { schema: BYTES }])),
      ...(streamedForm === undefined ? {} : { "multipart/form-data": documentForm(streamedForm, add) }),
    };
  }
  if (isMultipart(body)) return { "multipart/form-data": documentForm(body, add) };
  const types = (contract.accepts ?? ["json"]).map(mediaTypeOf);
  return Object.fromEntries(types.map((type) => [type, { schema: isBytes(type) ? BYTES : add(body) }]));
}

/** Whether a handler gets such a body as bytes, of which JSON Schema can say nothing. */
function isBytes(type: string): boolean {
  return !/^text\/|^application\/x-www-form-urlencoded$|[/+]json$/.test(type);
}

/** A request without a body is what the schema says of `undefined`; a stream of any type needs not even a type. */
function isRequired(body: BodyDeclaration): boolean {
  if (isBodyStream(body)) return !body.types.includes("*");
  if (!isValidated(body)) return true;
  try {
    const result = validate(body, undefined);
    if (isPromise(result)) {
      result.then(ignore, ignore);
      return true;
    }
    return result.issues !== undefined;
  } catch {
    return true;
  }
}

function ignore(): void {}
