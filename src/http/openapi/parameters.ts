import type { RouteContract, Schema } from "../contract.ts";
import type { JsonSchema } from "../validation/json-schema.ts";
import type { Parameter } from "./contract.ts";
import type { DocumentedPath, PathParameter } from "./path-template.ts";
import type { SchemaBook } from "./schema-book.ts";

/** Header fields that OpenAPI says in other words (section 4.8.12.1). */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["accept", "content-type", "authorization"]);

/** The parameters of one route: path, query, headers. */
export function documentParameters(
  contract: RouteContract,
  path: DocumentedPath,
  options: { readonly book: SchemaBook; readonly place: string },
): readonly Parameter[] {
  const { book, place } = options;
  const properties = (schema: Schema | undefined, part: string): Properties | undefined =>
    schema === undefined ? NO_PROPERTIES : propertiesOf(book, book.add(schema, "input", `${place} ${part}`));
  const headers = properties(contract.headers, "headers") ?? NO_PROPERTIES;
  const query = properties(contract.query, "query");
  const params = properties(contract.params, "params") ?? NO_PROPERTIES;
  return [
    ...path.parameters.map((parameter) => pathParameter(parameter, params)),
    ...(query === undefined ? wholeQuery(contract, options) : query.all.map((one) => toParameter("query", one))),
    ...headers.all.filter(({ name }) => !SAID_ELSEWHERE.has(name.toLowerCase())).map((one) => toParameter("header", one)),
  ];
}

interface Property {
  readonly name: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
}

interface Properties {
  readonly all: readonly Property[];
}

const NO_PROPERTIES: Properties = { all: [] };

/** Properties of an object; undefined when a schema is not simply one. */
function propertiesOf(book: SchemaBook, schema: JsonSchema): Properties | undefined {
  const { properties, required = [], anyOf, oneOf } = book.resolve(schema);
  if (properties === undefined || anyOf !== undefined || oneOf !== undefined) return undefined;
  const names = new Set(required as readonly string[]);
  const all = Object.entries(properties as Record<string, JsonSchema>).map(([name, property]) => ({
    name,
    required: names.has(name),
    schema: property,
  }));
  return { all };
}

function pathParameter({ key, name, pattern }: PathParameter, params: Properties): Parameter {
  const declared = params.all.find((one) => one.name === key)?.schema ?? { type: "string" };
  const schema = pattern === undefined ? declared : withPattern(declared, pattern);
  const description = key === "*" ? "The rest of the path. It may have slashes, which stay as they are." : undefined;
  return {
    name,
    in: "path",
    ...describe(schema, description),
    required: true,
    schema,
  };
}

function withPattern(schema: JsonSchema, pattern: string): JsonSchema {
  return "pattern" in schema || "$ref" in schema ? { allOf: [schema, { pattern }] } : { ...schema, pattern };
}

function toParameter(where: "query" | "header", { name, required, schema }: Property): Parameter {
  return {
    name,
    in: where,
    ...describe(schema),
    ...(required ? { required } : {}),
    ...(schema["deprecated"] === true ? { deprecated: true } : {}),
    schema,
  };
}

function describe(schema: JsonSchema, otherwise?: string): { readonly description?: string } {
  const description = typeof schema["description"] === "string" ? schema["description"] : otherwise;
  return description === undefined ? {} : { description };
}

/** A query that is no plain object: its fields are those of whatever the schema takes. */
function wholeQuery(
  contract: RouteContract,
  { book, place }: { readonly book: SchemaBook; readonly place: string },
): readonly Parameter[] {
  const schema = book.add(contract.query as Schema, "input", `${place} query`);
  return [{ name: "query", in: "query", style: "form", explode: true, schema }];
}
