import type { ConfigSchema, JsonSchema, Setting, SettingTree } from "./contract.ts";
import { isSetting } from "./define-config.ts";

/**
 * JSON Schema (draft 2020-12) of a configuration file, as text: for editors, which complete keys and mark mistakes. Nothing is
 * required in it, because each file is only one source of several.
 */
export function configJsonSchema(schema: ConfigSchema): string {
  const root = { $schema: "https://json-schema.org/draft/2020-12/schema", ...describeGroup(schema.tree as SettingTree) };
  return `${JSON.stringify(root, undefined, 2)}\n`;
}

function describeGroup(tree: SettingTree): JsonSchema {
  const properties = Object.entries(tree).map(([key, node]) => [
    key,
    isSetting(node) ? describeSetting(node) : describeGroup(node),
  ]);
  return { type: "object", properties: Object.fromEntries(properties), additionalProperties: false };
}

function describeSetting({ jsonSchema, options }: Setting<unknown>): JsonSchema {
  const constant = options.default !== undefined && typeof options.default !== "function";
  return {
    ...jsonSchema,
    ...(options.doc !== undefined && { description: options.doc }),
    ...(constant && { default: options.default }),
  };
}
