import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import type { Fault } from "#src/core/mod";
import { addFaults, isPromise, listProperties, validate } from "#src/http/validation/validate";
import { thenable } from "../support.ts";

describe("faults", () => {
  const pointersOf = (...paths: readonly StandardSchemaV1.Issue["path"][]): string[] => {
    const faults: Fault[] = [];
    addFaults(
      faults,
      "body",
      paths.map((path) => (path === undefined ? { message: "wrong" } : { message: "wrong", path })),
    );
    assert.ok(faults.every((fault) => fault.in === "body" && fault.detail === "wrong"));
    return faults.map((fault) => fault.pointer);
  };

  it("point to the value (RFC 6901)", () => {
    assert.deepEqual(pointersOf(undefined, [], ["a"], ["a", 0, "b"], [""]), ["", "", "/a", "/a/0/b", "/"]);
  });

  it("escape tildes and slashes in keys, tildes first", () => {
    assert.deepEqual(pointersOf(["a/b"], ["m~n"], ["~1"], ["/~/"]), ["/a~1b", "/m~0n", "/~01", "/~1~0~1"]);
  });

  it("read keys that stand in path objects, and symbols", () => {
    assert.deepEqual(pointersOf([{ key: "a/b" }, { key: 1 }], [Symbol("s")]), ["/a~1b/1", "/Symbol(s)"]);
  });

  it("are added behind those that are there", () => {
    const faults: Fault[] = [{ in: "query", pointer: "/q", detail: "first" }];
    addFaults(faults, "params", [{ message: "second", path: ["id"] }]);
    assert.deepEqual(faults[1], { in: "params", pointer: "/id", detail: "second" });
    assert.equal(faults.length, 2);
  });
});

describe("a schema", () => {
  it("may be from any library that speaks Standard Schema", () => {
    const even: StandardSchemaV1<number, string> = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: (value) => (Number(value) % 2 === 0 ? { value: `even ${value as number}` } : { issues: [{ message: "odd" }] }),
      },
    };
    assert.deepEqual(validate(even, 2), { value: "even 2" });
    assert.deepEqual(validate(even, 3), { issues: [{ message: "odd" }] });
    assert.deepEqual(validate(z.coerce.number(), "3"), { value: 3 });
  });

  it("tells which of its properties are lists, when it can", () => {
    const schema = z.object({
      tag: z.array(z.string()),
      page: z.number(),
      extra: z.array(z.string()).optional(),
      set: z.array(z.string()).default([]),
      since: z.coerce.date(),
    });
    assert.deepEqual([...listProperties(schema)].sort(), ["extra", "set", "tag"]);
    assert.deepEqual(listProperties(z.string()), []);
  });

  it("needs no JSON form: without one it has no lists, and it may fail to give one", () => {
    const silent: StandardSchemaV1 = { "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) } };
    assert.deepEqual(listProperties(silent), []);
    const failing = { "~standard": { ...silent["~standard"], jsonSchema: { input: () => assert.fail("no JSON form") } } };
    assert.deepEqual(listProperties(failing), []);
  });
});

describe("what is awaited", () => {
  it("is anything with a then", () => {
    assert.ok(isPromise(Promise.resolve()));
    assert.ok(isPromise(thenable(() => undefined)));
    for (const value of [undefined, null, 1, "then", {}, [], thenable(1), true]) assert.equal(isPromise(value), false);
  });
});
