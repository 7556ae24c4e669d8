import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SchemaBook } from "#src/http/openapi/schema-book";
import type { Schema } from "#src/http/contract";
import * as z from "zod";

/** A document that has these schemas, and its components. */
function settle(book: SchemaBook, part: object): { part: unknown; schemas: Record<string, unknown> } {
  return book.finish(part);
}

/** A schema of a library that gives this as its JSON Schema. */
function schemaOf(json: () => object): Schema {
  const validate = (value: unknown): { value: unknown } => ({ value });
  return { "~standard": { version: 1, vendor: "test", validate, jsonSchema: { input: json, output: json } } } as Schema;
}

describe("the schemas of a document", () => {
  test("stand where they are used, and once under their id", () => {
    const book = new SchemaBook([]);
    const File = z.object({ id: z.string() }).meta({ id: "File" });
    const one = book.add(File, "output", "one");
    const many = book.add(z.object({ items: z.array(File) }), "output", "many");
    const { part, schemas } = settle(book, { one, many });
    const reference = { $ref: "#/components/schemas/File" };
    assert.deepEqual(part, {
      one: reference,
      many: { type: "object", properties: { items: { type: "array", items: reference } }, required: ["items"] },
    });
    assert.deepEqual(Object.keys(schemas), ["File"]);
  });

  test("have one component for both directions when they are the same, else two", () => {
    const book = new SchemaBook([]);
    const Same = z.object({ a: z.string() }).meta({ id: "Same" });
    const Differs = z.object({ a: z.string().default("x") }).meta({ id: "Differs" });
    const Around = z.object({ differs: Differs }).meta({ id: "Around" });
    const all = [Same, Around].flatMap((schema) => [book.add(schema, "input", "in"), book.add(schema, "output", "out")]);
    const { part, schemas } = settle(book, all);
    assert.deepEqual(Object.keys(schemas), ["Around", "AroundInput", "Differs", "DiffersInput", "Same"]);
    assert.deepEqual(
      (part as { $ref: string }[]).map(({ $ref }) => $ref.split("/").at(-1)),
      ["Same", "Same", "AroundInput", "Around"],
    );
    assert.match(JSON.stringify(schemas["AroundInput"]), /schemas\/DiffersInput"/);
  });

  test("may refer to themselves, with an id or without", () => {
    const book = new SchemaBook([]);
    const Named: z.ZodType = z
      .object({
        get parts() {
          return z.array(Named);
        },
      })
      .meta({ id: "Named" });
    const Bare: z.ZodType = z.object({
      get parts() {
        return z.array(Bare);
      },
    });
    const parts = [
      book.add(Named, "input", "a"),
      book.add(Bare, "input", "POST /b body"),
      book.add(z.object({ Bare }), "input", "c"),
    ];
    const { schemas } = settle(book, parts);
    assert.deepEqual(Object.keys(schemas).sort(), ["Named", "POST_b_body", "c-__schema0"]);
    assert.match(JSON.stringify(schemas["POST_b_body"]), /"#\/components\/schemas\/POST_b_body"/);
  });

  test("that nothing uses in the end are left out", () => {
    const book = new SchemaBook([]);
    book.add(z.object({ a: z.string() }).meta({ id: "Unused" }), "input", "a");
    assert.deepEqual(settle(book, {}).schemas, {});
  });

  test("never take a name that is taken", () => {
    const book = new SchemaBook(["Problem"]);
    const mine = book.add(z.object({ a: z.string() }).meta({ id: "Problem" }), "input", "a");
    assert.deepEqual(Object.keys(settle(book, { mine }).schemas), ["Problem2"]);
  });

  test("with one id and different contents are told", () => {
    const book = new SchemaBook([]);
    book.add(
      schemaOf(() => ({ $ref: "#/$defs/A", $defs: { A: { type: "string" } } })),
      "input",
      "first",
    );
    book.add(
      schemaOf(() => ({ $ref: "#/$defs/A", $defs: { A: { type: "number" } } })),
      "input",
      "second",
    );
    assert.match(book.warnings.join(), /two schemas have the id "A"/);
  });

  test("that cannot be said are anything, with a warning", () => {
    const book = new SchemaBook([]);
    const refused = schemaOf(() => {
      throw new Error("a symbol has no JSON form");
    });
    assert.deepEqual(book.add(refused, "input", "POST /a body"), {});
    const validate = (value: unknown): { value: unknown } => ({ value });
    assert.deepEqual(book.add({ "~standard": { version: 1, vendor: "old", validate } }, "input", "POST /b body"), {});
    assert.match(book.warnings[0] ?? "", /^POST \/a body .* a symbol has no JSON form$/);
    assert.match(book.warnings[1] ?? "", /^POST \/b body .* without Standard JSON Schema/);
  });

  test("of replies are open, because they may gain fields; those of requests stay closed", () => {
    const book = new SchemaBook([]);
    const Strict = z.strictObject({ a: z.strictObject({ b: z.string() }) });
    assert.doesNotMatch(JSON.stringify(book.add(Strict, "output", "a")), /additionalProperties/);
    assert.equal(JSON.stringify(book.add(Strict, "input", "a")).match(/"additionalProperties":false/g)?.length, 2);
  });

  test("keep data and names that look like references", () => {
    const book = new SchemaBook([]);
    const tricky = {
      type: "object",
      properties: { $ref: { type: "string" }, const: { type: "string" } },
      default: { $ref: "#/x" },
    };
    const added = book.add(
      schemaOf(() => tricky),
      "input",
      "a",
    );
    assert.deepEqual(settle(book, { added }).part, { added: tricky });
  });
});
