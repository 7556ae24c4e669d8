import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { InputForm, Setting } from "#src/config/contract";
import { schema } from "#src/config/schema-setting";

async function read(setting: Setting<unknown>, input: unknown, form: InputForm = "typed"): Promise<unknown> {
  const reading = await setting.read(input, form);
  return "value" in reading ? { value: reading.value } : reading.refusals;
}

const quotas = schema(z.record(z.string(), z.int()), { default: {} });

describe("schema", () => {
  test("reads what the schema reads", async () => {
    assert.deepEqual(await read(quotas, { free: 1 }), { value: { free: 1 } });
    assert.deepEqual(await read(schema(z.string().transform((value) => value.length)), "four"), { value: 4 });
  });

  test("points to each fault inside the value", async () => {
    const refusals = (await read(quotas, { free: "x", "a/b": 1.5 })) as { pointer: string; detail: string }[];
    assert.deepEqual(
      refusals.map((refusal) => refusal.pointer),
      ["/free", "/a~1b"],
    );
    for (const { detail } of refusals) assert.notEqual(detail, "");
  });

  test("reads JSON from text that begins like it, and other text as it is", async () => {
    assert.deepEqual(await read(quotas, '{"free": 1}', "text"), { value: { free: 1 } });
    assert.deepEqual(await read(schema(z.coerce.number()), "12", "text"), { value: 12 });
    assert.deepEqual(await read(schema(z.array(z.int())), "[1,2]", "text"), { value: [1, 2] });
  });

  test("takes a typed text as text, whatever it looks like", async () => {
    assert.deepEqual(await read(schema(z.string()), "[1]", "typed"), { value: "[1]" });
  });

  test("refuses broken JSON without quoting it", async () => {
    assert.deepEqual(await read(quotas, '{"hunter2', "text"), [
      { pointer: "", detail: "expected a value that its schema accepts" },
    ]);
  });

  test("refuses prototype keys and endless nesting in JSON", async () => {
    for (const text of ['{"__proto__": {"a": 1}}', '{"constructor": 1}', "[".repeat(500) + "]".repeat(500)]) {
      assert.deepEqual(await read(schema(z.unknown()), text, "text"), [
        { pointer: "", detail: "expected a value that its schema accepts" },
      ]);
    }
  });

  test("waits for a schema that takes its time", async () => {
    const slow: StandardSchemaV1<unknown, string> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) => (value === "ok" ? { value: "done" } : { issues: [{ message: "no", path: [{ key: "k" }] }] }),
      },
    };
    assert.deepEqual(await read(schema(slow), "ok"), { value: "done" });
    assert.deepEqual(await read(schema(slow), "x"), [{ pointer: "/k", detail: "no" }]);
    assert.deepEqual(schema(slow).jsonSchema, {});
  });

  test("describes itself to editors where the library can", () => {
    assert.deepEqual(schema(z.object({ a: z.int().min(1).max(3) })).jsonSchema["required"], ["a"]);
    assert.equal(quotas.jsonSchema["$schema"], undefined);
    assert.deepEqual(schema(z.date()).jsonSchema, {});
  });

  test("shows its value as JSON on one line", () => assert.equal(quotas.show({ a: "x\ny" }), '{"a":"x\\ny"}'));
});
