import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { isPlinthError } from "#src/core/mod";
import { createLogger } from "#src/log/logger";
import { createMemorySink } from "#src/log/memory-sink";
import { Redaction } from "#src/log/redaction";
import { sensitive, sensitivePaths } from "#src/log/sensitive";

const sorted = (schema: z.ZodType): readonly string[] => [...sensitivePaths(schema)].sort();

describe("sensitive schemas", () => {
  test("still validate, and keep other metadata", () => {
    const schema = sensitive(z.string().meta({ description: "a pin" })).min(3);
    assert.equal(schema.parse("1234"), "1234");
    assert.throws(() => schema.parse("1"));
    assert.equal(schema.meta()?.description, "a pin");
  });

  test("are found in objects, arrays, records, unions, tuples and options", () => {
    const secret = sensitive(z.string());
    assert.deepEqual(
      sorted(
        z.object({
          plain: z.string(),
          direct: secret,
          refined: secret.min(8).optional(),
          nullable: secret.nullable().default("x"),
          list: z.array(z.object({ inner: secret })),
          texts: z.array(secret),
          record: z.record(z.string(), secret),
          union: z.union([z.number(), secret]),
          tuple: z.tuple([z.number(), secret]),
          both: z.intersection(z.object({ left: secret }), z.object({ right: z.string() })),
          whole: sensitive(z.object({ a: z.string() })),
        }),
      ),
      ["both.left", "direct", "list.inner", "nullable", "record", "refined", "texts", "tuple", "union", "whole"],
    );
  });

  test("are found on either side of a transformation, beside types that JSON Schema lacks", () => {
    const schema = z.object({
      when: z.coerce.date(),
      before: sensitive(z.string()).transform((text) => text.length),
      after: z.string().pipe(sensitive(z.string())),
    });
    assert.deepEqual(sorted(schema), ["after", "before"]);
  });

  test("are found in recursive schemas, under every name they hang from", () => {
    const Node = z.object({
      pin2: sensitive(z.string()),
      get child(): z.ZodOptional<typeof Node> {
        return Node.optional();
      },
    });
    const redaction = new Redaction(sensitivePaths(z.object({ left: Node, right: Node })));
    for (const path of [["left"], ["right"], ["left", "child"], ["right", "child", "child", "child"]]) {
      assert.ok(redaction.matches("pin2", path), path.join("."));
    }
    assert.ok(!redaction.matches("pin2", ["elsewhere"]));
  });

  test("hide the value in logs, nested and copied as well", () => {
    const sink = createMemorySink();
    const SignUp = z.object({ email: z.string(), nationalId: sensitive(z.string()) });
    const log = createLogger({ sink, redact: sensitivePaths(SignUp) });
    const body = SignUp.parse({ email: "a@b.test", nationalId: "850101-1234" });
    log.info({ body, copy: { ...body }, list: [body] }, "signed up");
    assert.ok(!sink.lines.join("").includes("850101"));
    assert.equal(sink.lines.join("").match(/a@b\.test/g)?.length, 3);
  });

  test("that no name leads to are refused at boot", () => {
    const unnamed = (error: unknown): boolean => isPlinthError(error, "E_LOG_SENSITIVE_UNNAMED");
    assert.throws(() => sensitivePaths(sensitive(z.string())), unnamed);
    assert.throws(() => sensitivePaths(z.array(sensitive(z.string()))), unnamed);
    assert.throws(() => sensitivePaths(z.record(z.string(), sensitive(z.string()))), unnamed);
  });

  test("of a library without metadata cannot be marked, and have no marks", () => {
    const schema = { "~standard": { version: 1 as const, vendor: "other", validate: (value: unknown) => ({ value }) } };
    assert.throws(
      () => sensitive(schema),
      (error) => isPlinthError(error, "E_LOG_SENSITIVE_UNSUPPORTED"),
    );
    assert.deepEqual(sensitivePaths(schema), []);
  });

  test("that cannot be searched are refused: marks may hide in them", () => {
    const fail = (): never => {
      throw new Error("no form for that");
    };
    const schema = {
      "~standard": {
        version: 1 as const,
        vendor: "x",
        validate: (value: unknown) => ({ value }),
        jsonSchema: { input: fail, output: fail },
      },
    };
    assert.throws(
      () => sensitivePaths(schema),
      (error) => isPlinthError(error, "E_LOG_SENSITIVE_UNREADABLE") && error.message.includes("no form for that"),
    );
  });
});
