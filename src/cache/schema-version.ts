import { createHash } from "node:crypto";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { toError } from "../core/mod.ts";
import { errors } from "./errors.ts";

type Convert = (options: { readonly target: string; readonly libraryOptions: object }) => object;

/** What zod hands to `override`. */
interface ZodOverride {
  readonly zodSchema: { readonly _zod: { readonly def: { readonly type: string } } };
  readonly jsonSchema: { type?: string };
}

// zod: a type that JSON does not have (date, bigint, map) gets its own name, where the library would refuse or say nothing. Other
// libraries look past these options.
const LIBRARY_OPTIONS = {
  unrepresentable: "any",
  override({ zodSchema, jsonSchema }: ZodOverride): void {
    if (Object.keys(jsonSchema).length === 0) jsonSchema.type = zodSchema._zod.def.type;
  },
};

const DIGEST_LENGTH = 12;

/**
 * The digest of a namespace's shape: of its schema as JSON Schema, and of the version that the program gives. Programs whose digests differ never
 * read each other's values.
 *
 * @throws E_CACHE_VERSION_MISSING when there is neither a JSON Schema nor a version
 */
export function shapeVersion(
  namespace: string,
  schema: StandardSchemaV1 | undefined,
  version: string | number | undefined,
): string {
  const shape = schema === undefined ? undefined : describeShape(namespace, schema, version);
  if (shape === undefined && version === undefined) {
    const reason = schema === undefined ? "it has no schema" : "its schema's library does not speak Standard JSON Schema";
    throw errors.VERSION_MISSING({ namespace, reason });
  }
  const text = JSON.stringify([shape === undefined ? null : sortKeys(shape), version ?? null]);
  return createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);
}

function describeShape(namespace: string, schema: StandardSchemaV1, version: string | number | undefined): object | undefined {
  const standard = schema["~standard"] as { readonly jsonSchema?: { readonly output: Convert } };
  try {
    return standard.jsonSchema?.output({ target: "draft-2020-12", libraryOptions: LIBRARY_OPTIONS });
  } catch (thrown) {
    if (version !== undefined) return undefined;
    const cause = toError(thrown);
    throw errors.VERSION_MISSING({ namespace, reason: `its schema has no JSON Schema form (${cause.message})` }, { cause });
  }
}

/** The order of keys says nothing in a JSON Schema, nor that of the names in `required`. */
function sortKeys(value: unknown, name?: string): unknown {
  if (Array.isArray(value))
    return name === "required" ? value.toSorted((one, other) => (one < other ? -1 : 1)) : value.map((item) => sortKeys(item));
  if (typeof value !== "object" || value === null) return value;
  const sorted = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.map(([key, inner]) => [key, sortKeys(inner, key)]);
}
