import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Fault } from "../../core/mod.ts";
import type { Schema } from "../contract.ts";
import { toJsonSchema } from "./json-schema.ts";

type Result = StandardSchemaV1.Result<unknown>;

/** Validates one part of a request or an answer. */
export function validate(schema: Schema, value: unknown): Result | Promise<Result> {
  return schema["~standard"].validate(value);
}

/** Adds what a schema found to the faults of a request. */
export function addFaults(faults: Fault[], part: string, issues: readonly StandardSchemaV1.Issue[]): void {
  for (const issue of issues) faults.push({ in: part, pointer: pointerOf(issue.path), detail: issue.message });
}

/** JSON Pointer (RFC 6901) of an issue's path. */
function pointerOf(path: StandardSchemaV1.Issue["path"]): string {
  let pointer = "";
  for (const segment of path ?? []) {
    const key = typeof segment === "object" ? segment.key : segment;
    pointer += `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
  }
  return pointer;
}

/**
 * Whether a value is to be awaited. It may be anything with a `then`: wrap it with Promise.resolve() before chaining, because what its
 * own `then` returns may be nothing, and a step that returns nothing has passed.
 */
export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

/**
 * Names of the properties that a schema wants as lists, when the schema can say so (Standard JSON Schema). A query or form has no
 * lists of one: `?tag=a` must become `["a"]` for those.
 */
export function listProperties(schema: Schema): readonly string[] {
  try {
    const properties = toJsonSchema(schema, "input")?.["properties"] ?? {};
    return Object.entries(properties as Record<string, { type?: unknown }>)
      .filter(([, property]) => property.type === "array")
      .map(([name]) => name);
  } catch {
    return []; // the schema has no JSON form: it gets the fields as they came
  }
}
