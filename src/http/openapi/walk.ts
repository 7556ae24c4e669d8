import type { JsonSchema } from "../validation/json-schema.ts";

/** Keywords whose values are data, not schemas: what looks like a reference in them is none. */
const DATA: ReadonlySet<string> = new Set(["const", "enum", "default", "example", "examples", "value"]);
/** Keywords whose values are schemas by name, where a name is no keyword. */
const BY_NAME: ReadonlySet<string> = new Set(["properties", "patternProperties", "$defs", "dependentSchemas"]);

/** A copy of a schema, or of any part of a document, with every reference changed. */
export function mapReferences<Part extends object>(part: Part, change: (reference: string) => string): Part {
  return mapObjects(part, (object) =>
    typeof object["$ref"] === "string" ? { ...object, $ref: change(object["$ref"]) } : object,
  );
}

/** A copy of a schema with each schema in it changed, inner ones first. */
export function mapSchemas(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  return mapObjects(schema, change);
}

function mapObjects<Part extends object>(part: Part, change: (object: JsonSchema) => JsonSchema): Part {
  return mapValue(part, change, false) as Part;
}

function mapValue(value: unknown, change: (object: JsonSchema) => JsonSchema, names: boolean): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => mapValue(item, change, false));
  const entries = Object.entries(value).map(([key, member]) => [
    key,
    !names && DATA.has(key) ? member : mapValue(member, change, !names && BY_NAME.has(key)),
  ]);
  const copy = Object.fromEntries(entries) as JsonSchema;
  return names ? copy : change(copy);
}
