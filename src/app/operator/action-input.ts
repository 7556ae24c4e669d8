import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Setting, ValuesOf } from "../../config/mod.ts";
import { suggest } from "../../core/mod.ts";

/** What an action takes: settings by key, as the configuration declares them. */
export type ActionInput = Readonly<Record<string, Setting<unknown>>>;

/** The body of an action as a schema: a JSON object with these settings and no others. All faults are reported at once. */
export function inputSchema<Input extends ActionInput>(input: Input): StandardSchemaV1<unknown, ValuesOf<Input>> {
  return { "~standard": { version: 1, vendor: "plinth", validate: (value) => read(input, value) } };
}

async function read<Input extends ActionInput>(input: Input, value: unknown): Promise<StandardSchemaV1.Result<ValuesOf<Input>>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return { issues: [{ message: "expected an object" }] };
  const given = value as Readonly<Record<string, unknown>>;
  const issues = Object.keys(given).flatMap((key) => describeUnknown(key, Object.keys(input)));
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(input)) {
    const { default: fallback, optional } = setting.options;
    const own = Object.hasOwn(given, key) ? given[key] : fallback;
    if (own === undefined) {
      if (optional !== true) issues.push({ path: [key], message: `expected ${setting.expected}` });
      continue;
    }
    const reading = await setting.read(own, "typed");
    if ("value" in reading) values[key] = reading.value;
    else for (const { pointer, detail } of reading.refusals) issues.push({ path: [key, ...stepsOf(pointer)], message: detail });
  }
  return issues.length > 0 ? { issues } : { value: values as ValuesOf<Input> };
}

function describeUnknown(key: string, known: readonly string[]): { path: string[]; message: string }[] {
  if (known.includes(key)) return [];
  const meant = suggest(key, known);
  const hint = meant === undefined ? `known are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return [{ path: [key], message: `is not known here; ${hint}` }];
}

function stepsOf(pointer: string): readonly string[] {
  return pointer.split("/").slice(1);
}
