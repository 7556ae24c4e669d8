import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { LiveValues } from "#src/config/live-config";
import { isSameValue } from "#src/config/same-value";
import { Secret } from "#src/core/mod";

interface Values {
  readonly level: string;
  readonly uploads: { readonly maxSize: string; readonly kinds: readonly string[] };
  readonly token: Secret;
}

const before: Values = { level: "info", uploads: { maxSize: "1mb", kinds: ["a"] }, token: new Secret("one") };

function createScene() {
  const reported: unknown[] = [];
  return { live: new LiveValues<Values>(before, (error) => reported.push(error)), reported };
}

describe("a live configuration", () => {
  test("tells a listener what its part is and was, and only when that part has changed", () => {
    const { live } = createScene();
    const heard: unknown[] = [];
    live.onChange(
      ({ level }) => level,
      (now, then) => heard.push([now, then]),
    );
    live.onChange(
      ({ uploads }) => uploads,
      (now) => heard.push(now.maxSize),
    );
    live.onChange(
      ({ uploads }) => uploads.kinds.length,
      (now, then) => heard.push([now, then]),
    );
    live.replace({ ...before, uploads: { maxSize: "1mb", kinds: ["a"] }, token: new Secret("one") });
    assert.deepEqual(heard, []);
    live.replace({ ...before, level: "debug" });
    live.replace({ ...before, level: "debug", uploads: { maxSize: "2mb", kinds: [] } });
    assert.deepEqual(heard, [["debug", "info"], "2mb", [0, 1]]);
  });

  test("has replaced the whole before the first listener is called", () => {
    const { live } = createScene();
    const seen: string[] = [];
    live.onChange(
      ({ level }) => level,
      () => seen.push(live.current.uploads.maxSize),
    );
    live.replace({ ...before, level: "debug", uploads: { maxSize: "9mb", kinds: [] } });
    assert.deepEqual(seen, ["9mb"]);
  });

  test("reports what a listener throws, and tells the others", () => {
    const { live, reported } = createScene();
    const heard: string[] = [];
    const fault = new Error("a listener's own");
    live.onChange(
      ({ level }) => level,
      () => {
        throw fault;
      },
    );
    const end = live.onChange(
      ({ level }) => level,
      (now) => heard.push(now),
    );
    live.replace({ ...before, level: "debug" });
    end();
    live.replace({ ...before, level: "warn" });
    assert.deepEqual(heard, ["debug"]);
    assert.deepEqual(reported, [fault, fault]);
  });
});

describe("sameness of values", () => {
  test("looks into groups, lists and secrets", () => {
    const value = () => ({ a: [1, { b: new Secret("x") }], c: undefined, d: new Date(7) });
    assert.ok(isSameValue(value(), value()));
    for (const other of [
      { ...value(), a: [1, { b: new Secret("y") }] },
      { ...value(), a: [1, { b: "x" }] },
      { ...value(), a: { 0: 1, 1: { b: new Secret("x") } } },
      { ...value(), d: new Date(8) },
      { ...value(), e: undefined },
      { a: value().a, e: undefined, d: new Date(7) },
    ]) {
      assert.ok(!isSameValue(value(), other));
    }
    assert.ok(isSameValue(Number.NaN, Number.NaN));
    assert.ok(!isSameValue(new Secret("x"), "x"));
  });
});
