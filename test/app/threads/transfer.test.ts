import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { packError, packValues, unpackError, unpackValues } from "#src/app/threads/transfer";
import { PlinthError, Secret, isPlinthError, isSecret } from "#src/core/mod";

/** As a message between threads does it. */
const carryValues = (value: unknown): unknown => unpackValues(structuredClone(packValues(value)));
const carryError = (thrown: unknown): Error => unpackError(structuredClone(packError(thrown)));

describe("configuration between threads", () => {
  test("arrives as it was, and frozen all through", () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== "__proto__"),
          fc.jsonValue(),
        ),
        (values) => {
          const carried = carryValues(values) as object;
          assert.deepEqual(JSON.parse(JSON.stringify(carried)), JSON.parse(JSON.stringify(values)));
          assert.ok(isFrozen(carried));
        },
      ),
    );
  });

  test("secrets arrive as secrets, wherever they are, and print nowhere", () => {
    const carried = carryValues({ key: new Secret("hush"), list: [new Secret("hush")], deep: { er: new Secret("hush") } }) as {
      key: Secret;
      list: Secret[];
      deep: { er: Secret };
    };
    for (const secret of [carried.key, carried.list[0], carried.deep.er]) {
      assert.ok(isSecret(secret));
      assert.equal(secret.reveal(), "hush");
    }
    assert.doesNotMatch(inspect(carried, { depth: 9 }) + JSON.stringify(carried), /hush/);
  });

  test("what structured clones carry is left to them", () => {
    const at = new Date(7);
    const values = { at, set: new Set([1]), bytes: new Uint8Array([1, 2]), big: 2n ** 70n, none: undefined };
    assert.deepEqual(carryValues(values), values);
  });
});

describe("errors between threads", () => {
  test("Plinth's own keep their code, title, faults and causes", () => {
    const faults = [{ in: "environment PORT", pointer: "/port", detail: "expected a port" }];
    const cause = Object.assign(new TypeError("inner"), { code: "EINNER" });
    const carried = carryError(new PlinthError({ code: "E_TEST_X", title: "X", message: "outer", faults, cause }));
    assert.ok(isPlinthError(carried, "E_TEST_X"));
    assert.deepEqual([carried.title, carried.message, carried.faults], ["X", "outer", faults]);
    const inner = carried.cause as Error & { code?: string };
    assert.deepEqual([inner.name, inner.message, inner.code], ["TypeError", "inner", "EINNER"]);
  });

  test("others keep name, message, stack and code", () => {
    const error = Object.assign(new RangeError("too far"), { code: "EFAR" });
    const carried = carryError(error) as Error & { code?: string };
    assert.deepEqual(
      [carried.name, carried.message, carried.code, carried.stack],
      ["RangeError", "too far", "EFAR", error.stack],
    );
    assert.equal(isPlinthError(carried), false);
  });

  test("what is no error becomes one", () => {
    for (const thrown of ["text", 7, null, undefined, { an: "object" }]) assert.ok(carryError(thrown) instanceof Error);
    assert.match(carryError("only a text").message, /only a text/);
  });

  test("causes that go round in a circle end somewhere", () => {
    const one = new Error("one");
    const two = new Error("two", { cause: one });
    one.cause = two;
    let depth = 0;
    for (let error: unknown = carryError(one); error instanceof Error; error = error.cause) depth += 1;
    assert.ok(depth > 2 && depth < 20, String(depth));
  });
});

function isFrozen(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isFrozen);
}
