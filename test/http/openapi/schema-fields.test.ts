import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { OpenApiDocument } from "#src/http/mod";
import { fieldsOf, typeOf } from "#src/http/openapi/schema-fields";

const documentWith = (schemas: OpenApiDocument["components"]["schemas"]): OpenApiDocument => ({
  openapi: "3.1.1",
  info: { title: "t", version: "1" },
  servers: [],
  tags: [],
  paths: {},
  components: { schemas, examples: {}, headers: {}, securitySchemes: {} },
});
const TEXT = { type: "string" };
const namesOf = (schema: object, schemas: OpenApiDocument["components"]["schemas"] = {}): string[] =>
  fieldsOf(schema as never, documentWith(schemas)).map(({ name }) => name);

describe("the fields of a schema", () => {
  test("are those of what it consists of, each once", () => {
    const left = { type: "object", properties: { a: TEXT, b: TEXT } };
    const right = { type: "object", properties: { b: TEXT, c: TEXT } };
    for (const key of ["allOf", "anyOf", "oneOf"]) assert.deepEqual(namesOf({ [key]: [left, right] }), ["a", "b", "c"]);
    assert.deepEqual(namesOf({ type: "array", items: left }), ["[].a", "[].b"]);
    assert.deepEqual(namesOf({ type: "object", additionalProperties: left }), ["*", "*.a", "*.b"]);
    assert.deepEqual(namesOf(TEXT), []);
  });

  test("end where a schema contains itself", () => {
    const Menu = {
      type: "object",
      properties: { title: TEXT, parts: { type: "array", items: { $ref: "#/components/schemas/Menu" } } },
    };
    assert.deepEqual(namesOf({ $ref: "#/components/schemas/Menu" }, { Menu }), ["title", "parts"]);
    const Json = { anyOf: [TEXT, { type: "array", items: { $ref: "#/components/schemas/Json" } }] };
    assert.deepEqual(namesOf({ $ref: "#/components/schemas/Json" }, { Json }), []);
  });

  test("end where they are three deep", () => {
    const nest = (inner: object): object => ({ type: "object", properties: { a: inner } });
    assert.deepEqual(namesOf(nest(nest(nest(nest(TEXT))))), ["a", "a.a", "a.a.a"]);
  });

  test("have types of a word or two", () => {
    const types: readonly (readonly [object, string])[] = [
      [{ type: "string", format: "uuid" }, "string (uuid)"],
      [{ type: ["string", "null"] }, "string | null"],
      [{ anyOf: [TEXT, { type: "null" }] }, "string | null"],
      [{ type: "array", items: { anyOf: [TEXT, { type: "null" }] } }, "(string | null)[]"],
      [{ type: "array" }, "array"],
      [{ const: 5 }, "5"],
      [{ enum: ["a", 1] }, '"a" | 1'],
      [{ $ref: "#/components/schemas/File" }, "File"],
      [{}, "any"],
    ];
    for (const [schema, type] of types) assert.equal(typeOf(schema as never), type);
  });
});
