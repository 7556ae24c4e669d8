import type { OpenApiDocument } from "../../http/mod.ts";
import { loadAjv } from "./packages.ts";

type JsonSchema = object;

/** Says whether values fit the schemas of a document. */
export interface SchemaCheck {
  fits(schema: JsonSchema, value: unknown): boolean;
  /** What is wrong with a value; undefined when it fits. */
  fault(schema: JsonSchema, value: unknown): string | undefined;
}

const DOCUMENT_ID = "openapi.json";

/** Digits to which a quotient is held to be whole: validators allow for rounding, zod takes 5e-324 for a multiple of 0.5. */
const MULTIPLE_DIGITS = 9;

/** Formats are hints here: the routes' own schemas decide what fits them. */
export async function createSchemaCheck(document: OpenApiDocument): Promise<SchemaCheck> {
  const { Ajv2020 } = await loadAjv();
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false, multipleOfPrecision: MULTIPLE_DIGITS });
  ajv.addSchema({ $id: DOCUMENT_ID, ...document });
  const compiled = new WeakMap<JsonSchema, ReturnType<typeof ajv.compile>>();
  const compile = (schema: JsonSchema): ReturnType<typeof ajv.compile> => {
    let validate = compiled.get(schema);
    // A schema stands in the document, and what it refers to does too: it is compiled as if it were there.
    if (validate === undefined) compiled.set(schema, (validate = ajv.compile(absolute(schema) as JsonSchema)));
    return validate;
  };
  const fits = (schema: JsonSchema, value: unknown): boolean => compile(schema)(value) === true;
  return {
    fits,
    fault(schema, value) {
      const validate = compile(schema);
      if (validate(value)) return undefined;
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath || "it"} ${message}`).join("; ");
    },
  };
}

/** A copy whose references lead into the document. */
function absolute(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(absolute);
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === "$ref" && typeof value === "string" && value.startsWith("#") ? DOCUMENT_ID + value : absolute(value),
    ]),
  );
}
