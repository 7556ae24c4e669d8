import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import { errors } from "./errors.ts";

/** The mark, as it stands in a schema's metadata and in its JSON Schema. */
const MARK = "sensitive";

type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Marks a field's schema: its value never appears in a log. The mark travels in the schema's metadata, so it survives `.optional()`,
 * `.min(8)` and the like, and shows in the JSON Schema as `sensitive: true`. Hand {@link sensitivePaths} of the whole schema to the logger.
 *
 * @throws E_LOG_SENSITIVE_UNSUPPORTED when the schema has no `meta` method
 * @example
 * const SignUp = z.object({ email: z.email(), nationalId: sensitive(z.string()) });
 */
export function sensitive<Schema extends object>(schema: Schema): Schema {
  const { meta } = schema as { meta?: unknown };
  if (typeof meta !== "function") throw errors.SENSITIVE_UNSUPPORTED({});
  anyMarked = true;
  return meta.call(schema, { ...meta.call(schema), [MARK]: true }) as Schema;
}

// perf: reading a schema's JSON Schema loads its library's converter; a program that marks nothing does not pay for that at its start.
let anyMarked = false;

/** Whether {@link sensitive} was ever called in this thread: if not, no schema needs to be searched. */
export function hasSensitiveMarks(): boolean {
  return anyMarked;
}

/**
 * Redaction paths of everything marked in a schema, for `createLogger({ redact })` or `Redaction.add`. They are found through the schema's
 * Standard JSON Schema, once, at boot; a schema that has none can hold no marks.
 *
 * Redaction goes by name, not by object: a value stays hidden after it was copied, or nested elsewhere.
 *
 * @throws E_LOG_SENSITIVE_UNNAMED when the mark is on the schema as a whole, or on values under free keys at its top
 * @throws E_LOG_SENSITIVE_UNREADABLE when its JSON Schema cannot be made
 * @see https://standardschema.dev/json-schema
 * @example
 * sensitivePaths(SignUp); // ["nationalId"]
 */
export function sensitivePaths(schema: StandardSchemaV1): readonly string[] {
  const converter = (schema["~standard"] as Partial<StandardJSONSchemaV1.Props>).jsonSchema;
  if (converter === undefined) return [];
  const options: StandardJSONSchemaV1.Options = { target: "draft-2020-12", libraryOptions: { unrepresentable: "any" } };
  const paths = new Set<string>();
  try {
    // A transformed field has its mark on one side only.
    for (const side of [converter.input(options), converter.output(options)]) new Search(side, paths).visit(side, []);
  } catch (thrown) {
    throw errors.SENSITIVE_UNREADABLE({ reason: thrown instanceof Error ? thrown.message : String(thrown) }, { cause: thrown });
  }
  if (paths.has("")) throw errors.SENSITIVE_UNNAMED({});
  return [...paths];
}

/** Walks one JSON Schema. */
class Search {
  readonly #root: JsonSchema;
  readonly #found: Set<string>;
  readonly #seen = new Set<string>();

  constructor(root: JsonSchema, found: Set<string>) {
    this.#root = root;
    this.#found = found;
  }

  visit(value: unknown, path: readonly string[]): void {
    if (typeof value !== "object" || value === null) return;
    const node = value as JsonSchema;
    if (node[MARK] === true) this.#found.add(path.join("."));
    if (typeof node["$ref"] === "string") this.#follow(node["$ref"], path);
    for (const [name, property] of entries(node["properties"])) this.visit(property, [...path, name]);
    // Elements and values under free keys have no name of their own: the mark moves up to what holds them.
    for (const key of ["items", "additionalProperties", "not", "if", "then", "else", "contains"]) this.visit(node[key], path);
    for (const key of ["prefixItems", "anyOf", "oneOf", "allOf", "patternProperties"]) {
      for (const [, part] of entries(node[key])) this.visit(part, path);
    }
  }

  /** A definition is visited once for each name under which it hangs; the names above that do not matter to a path that matches anywhere. */
  #follow(reference: string, path: readonly string[]): void {
    const above = path.slice(-1);
    const key = JSON.stringify([reference, above]);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    let target: unknown = this.#root;
    for (const part of reference.split("/").slice(1)) {
      target = (target as JsonSchema)[decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")];
    }
    this.visit(target, above);
  }
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}
