import type { Schema } from "../contract.ts";
import type { FileRule, MultipartDeclaration, MultipartStreamDeclaration } from "../multipart/declaration.ts";
import type { JsonSchema } from "../validation/json-schema.ts";
import type { MediaType } from "./contract.ts";

const FILE: JsonSchema = { type: "string", format: "binary" };

/** A form with files (OpenAPI 3.1.1, section 4.8.14.4): its fields and files by name, and the types that each file may have. */
export function documentForm(
  body: MultipartDeclaration | MultipartStreamDeclaration,
  add: (schema: Schema) => JsonSchema,
): MediaType {
  const rules = Object.entries(body.files ?? {});
  const required = rules.filter(([, rule]) => isRequired(rule)).map(([name]) => name);
  const files: JsonSchema = {
    type: "object",
    properties: Object.fromEntries(rules.map(([name, rule]) => [name, fileSchema(rule)])),
    ...(required.length === 0 ? {} : { required }),
  };
  const fields = body.kind === "multipart" ? body.fields : undefined;
  const encoding = rules.map(([name, { types }]) => [name, { contentType: types.join(", ").replace(/^\*$/, "*/*") }]);
  return {
    schema: fields === undefined ? files : { allOf: [add(fields), files] },
    ...(rules.length === 0 ? {} : { encoding: Object.fromEntries(encoding) }),
  };
}

function fileSchema({ maxCount, minCount = 0 }: FileRule): JsonSchema {
  if (maxCount === undefined) return FILE;
  return { type: "array", items: FILE, ...(minCount === 0 ? {} : { minItems: minCount }), maxItems: maxCount };
}

function isRequired({ optional, maxCount, minCount = 0 }: FileRule): boolean {
  return maxCount === undefined ? optional !== true : minCount > 0;
}
