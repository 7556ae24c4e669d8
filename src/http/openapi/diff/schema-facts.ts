import type { JsonSchema } from "../../validation/json-schema.ts";

/** A schema with its reference followed. */
export type Resolve = (schema: JsonSchema) => JsonSchema;

const ALL_TYPES: readonly string[] = ["array", "boolean", "null", "number", "object", "string"];

/** The types that a schema allows. */
export function typesOf({ type, properties, items, enum: values, const: value }: JsonSchema): readonly string[] {
  if (typeof type === "string") return [type];
  if (Array.isArray(type)) return type as string[];
  if (Array.isArray(values)) return [...new Set(values.map(typeOfValue))];
  if (value !== undefined) return [typeOfValue(value)];
  if (properties !== undefined) return ["object"];
  return items === undefined ? ALL_TYPES : ["array"];
}

function typeOfValue(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** Words for people, which change nothing. */
const WORDS: ReadonlySet<string> = new Set(["title", "description", "examples", "example", "deprecated", "default", "$comment"]);
/** Keywords with schemas by name, where a name is no keyword. */
const BY_NAME: ReadonlySet<string> = new Set(["properties", "patternProperties"]);

/** Whether two schemas allow the same, said in the same way. */
export function isSame(left: unknown, right: unknown): boolean {
  return canonical(left) === canonical(right);
}

function canonical(value: unknown, names = false): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item)).join()}]`;
  const entries = Object.entries(value)
    .filter(([key]) => names || !WORDS.has(key))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member, !names && BY_NAME.has(key))}`).join()}}`;
}
