import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { InputForm, JsonSchema, Setting, SettingOptions } from "./contract.ts";
import { type Exact, type Present, createSetting, refuse } from "./create-setting.ts";
import { findForbiddenKey } from "./forbidden-key.ts";
import { pointerOf } from "./pointer.ts";

/**
 * Whatever a Standard Schema (zod, valibot, arktype, ...) accepts. As text: JSON when it starts with `{` or `[`, else the text itself.
 * Not for secrets: what a foreign schema says about a refused value is its own.
 *
 * @example
 * setting.schema(z.record(z.string(), z.int()), { default: {}, doc: "Quota by plan." });
 */
export function schema<Output, const Options extends SettingOptions<unknown>>(
  standard: StandardSchemaV1<unknown, Output>,
  options?: Exact<Options, SettingOptions<unknown>>,
): Setting<Present<Output, Options>> {
  const expected = "a value that its schema accepts";
  return createSetting<Output, Options>(
    {
      expected,
      jsonSchema: jsonSchemaOf(standard),
      read: async (input, form) => {
        const decoded = decode(input, form);
        if (decoded === undefined) return refuse(expected);
        const result = await standard["~standard"].validate(decoded.input);
        if (result.issues === undefined) return { value: result.value };
        return { refusals: result.issues.map((issue) => ({ pointer: pointerOf(keysOf(issue.path)), detail: issue.message })) };
      },
    },
    options,
  );
}

function decode(input: unknown, form: InputForm): { input: unknown } | undefined {
  if (form !== "text" || typeof input !== "string" || !/^[[{]/.test(input)) return { input };
  try {
    const parsed: unknown = JSON.parse(input);
    return findForbiddenKey(parsed) === undefined ? { input: parsed } : undefined;
  } catch {
    return undefined; // the parser's message quotes the text
  }
}

function keysOf(path: StandardSchemaV1.Issue["path"]): readonly PropertyKey[] {
  return (path ?? []).map((segment) => (typeof segment === "object" ? segment.key : segment));
}

/** By Standard JSON Schema where the library speaks it; a schema that says nothing otherwise. */
function jsonSchemaOf(standard: StandardSchemaV1): JsonSchema {
  const props = standard["~standard"] as Partial<StandardJSONSchemaV1.Props>;
  try {
    const { $schema: _, ...rest } = props.jsonSchema?.input({ target: "draft-2020-12" }) ?? {};
    return rest;
  } catch {
    return {}; // the specification lets a converter throw for what JSON Schema cannot say
  }
}
