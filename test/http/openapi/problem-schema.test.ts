import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PROBLEM_SCHEMA } from "#src/http/openapi/problem-schema";
import { errors } from "#src/http/errors";
import { toProblem } from "#src/http/problem";
import { Ajv2020 } from "ajv/dist/2020.js";

const validate = new Ajv2020({ validateFormats: false }).compile({ ...PROBLEM_SCHEMA, unevaluatedProperties: false });

describe("the schema of problems", () => {
  test("takes what is sent, and has no member that never is", () => {
    const faults = [{ in: "body", pointer: "/a", detail: "expected text" }];
    const whole = toProblem(errors.REQUEST_INVALID({ faults: 1 }, { faults }), "1", "/a");
    assert.ok(validate(whole), JSON.stringify(validate.errors));
    assert.deepEqual(Object.keys(whole).sort(), Object.keys(PROBLEM_SCHEMA["properties"] as object).sort());
    assert.ok(validate(toProblem(errors.HEADERS_TOO_LARGE({}), "1")), JSON.stringify(validate.errors));
  });

  test("shows a whole problem with a code that exists", () => {
    const [example] = PROBLEM_SCHEMA["examples"] as readonly [{ readonly code: string; readonly title: string }];
    assert.ok(validate(example), JSON.stringify(validate.errors));
    assert.deepEqual([example.code, example.title], [errors.INTERNAL.code, errors.INTERNAL.title]);
  });

  test("refuses what is no problem", () => {
    assert.equal(validate({ error: "no" }), false);
    assert.equal(validate({ ...toProblem(errors.FORBIDDEN({}), "1"), code: "forbidden" }), false);
  });
});
