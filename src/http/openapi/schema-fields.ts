import type { JsonSchema } from "../validation/json-schema.ts";
import type { OpenApiDocument } from "./contract.ts";

/** One field of a schema, in words. */
export interface SchemaField {
  /** Where it is: `owner.name`, `items[].id`, `labels.*` for any other name. */
  readonly name: string;
  readonly type: string;
  readonly required: boolean;
  readonly description: string | undefined;
}

/** Fields of fields of fields; what is deeper, or contains itself, is said by its type alone. */
const DEEPEST = 3;

/** The fields of a schema and of what is in it. None for what is no object and has none in it. */
export function fieldsOf(schema: JsonSchema, document: OpenApiDocument): readonly SchemaField[] {
  return firstOfEach(new FieldReader(document).read(schema, "", []));
}

class FieldReader {
  readonly #schemas: OpenApiDocument["components"]["schemas"];

  constructor({ components }: OpenApiDocument) {
    this.#schemas = components.schemas;
  }

  /** @param outer the schemas that this one stands in */
  read(schema: JsonSchema, prefix: string, outer: readonly JsonSchema[]): readonly SchemaField[] {
    const resolved = this.#resolve(schema);
    if (outer.includes(resolved)) return [];
    const { properties = {}, required = [], items, additionalProperties } = resolved;
    const inside = [...outer, resolved];
    const names = new Set(required as readonly string[]);
    const parts = ["allOf", "anyOf", "oneOf"].flatMap((key) => (resolved[key] ?? []) as readonly JsonSchema[]);
    return [
      ...Object.entries(properties as Record<string, JsonSchema>).flatMap(([name, property]) =>
        this.#field(join(prefix, name), property, names.has(name), inside),
      ),
      ...parts.flatMap((part) => this.read(part, prefix, inside)),
      ...(isSchema(items) ? this.read(items, `${prefix}[]`, inside) : []),
      ...(isSchema(additionalProperties) ? this.#field(join(prefix, "*"), additionalProperties, false, inside) : []),
    ];
  }

  /** A field, and those in it. */
  #field(name: string, schema: JsonSchema, required: boolean, outer: readonly JsonSchema[]): readonly SchemaField[] {
    const description = schema["description"] ?? this.#resolve(schema)["description"];
    const own = { name, type: typeOf(schema), required, description: typeof description === "string" ? description : undefined };
    return name.split(".").length < DEEPEST ? [own, ...this.read(schema, name, outer)] : [own];
  }

  #resolve(schema: JsonSchema): JsonSchema {
    const { $ref } = schema;
    return typeof $ref === "string" ? this.#resolve(this.#schemas[nameOf($ref)] ?? {}) : schema;
  }
}

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf("/") + 1);
const join = (prefix: string, name: string): string => (prefix === "" ? name : `${prefix}.${name}`);

/** A schema in a word or two: `string (uuid)`, `File[]`, `"a" | "b"`. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, enum: values, anyOf, oneOf, type, format, items } = schema;
  if (typeof $ref === "string") return nameOf($ref);
  if ("const" in schema) return JSON.stringify(schema["const"]);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  const variants = (anyOf ?? oneOf) as readonly JsonSchema[] | undefined;
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(" | ");
  if (type === "array") return isSchema(items) ? listText(typeOf(items)) : "array";
  const name = Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "any";
  return typeof format === "string" ? `${name} (${format})` : name;
}

const listText = (item: string): string => (item.includes(" | ") ? `(${item})[]` : `${item}[]`);

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Variants have fields in common. */
function firstOfEach(fields: readonly SchemaField[]): readonly SchemaField[] {
  const names = new Set<string>();
  return fields.filter(({ name }) => !names.has(name) && names.add(name));
}
