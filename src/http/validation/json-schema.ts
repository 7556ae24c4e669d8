import type { Schema } from "../contract.ts";

/** A JSON Schema of draft 2020-12, which is also OpenAPI 3.1's. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** Which side of a schema: what it takes, or what it gives. */
export type Direction = "input" | "output";

type Convert = (options: { readonly target: string; readonly libraryOptions: object }) => JsonSchema;

/** What zod hands to `override`: its own schema, and the JSON Schema being made of it, which may be changed. */
interface ZodOverride {
  readonly zodSchema: { readonly _zod: { readonly def: { readonly type: string; readonly coerce?: boolean } } };
  readonly jsonSchema: { type?: string; format?: string };
}

// zod: what JSON Schema cannot say becomes `{}` instead of an error. A date can be said: JSON.stringify writes it as RFC 3339 text,
// and one that is coerced is read from it. Other libraries look past these options.
const libraryOptions = (direction: Direction): object => ({
  unrepresentable: "any",
  override({ zodSchema, jsonSchema }: ZodOverride): void {
    const { type, coerce } = zodSchema._zod.def;
    if (type !== "date" || (direction === "input" && coerce !== true)) return;
    jsonSchema.type = "string";
    jsonSchema.format = "date-time";
  },
});

/**
 * A schema as JSON Schema, if its library speaks Standard JSON Schema.
 *
 * @throws what the library throws when the schema has no JSON form
 */
export function toJsonSchema(schema: Schema, direction: Direction): JsonSchema | undefined {
  const standard = schema["~standard"] as { readonly jsonSchema?: { readonly [Side in Direction]: Convert } };
  return standard.jsonSchema?.[direction]({ target: "draft-2020-12", libraryOptions: libraryOptions(direction) });
}
