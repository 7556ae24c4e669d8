import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { Secret } from "#src/core/mod";
import { type Fields, copyFields, cutText, textOf } from "#src/log/plain";
import { Redaction } from "#src/log/redaction";

const redaction = new Redaction();

function copy(source: object, budget = 65_536): Fields {
  const target: Fields = {};
  copyFields(target, source, redaction, budget);
  return target;
}

/** As a line would have it. */
function json(source: object, budget?: number): unknown {
  return JSON.parse(JSON.stringify(copy(source, budget)));
}

describe("copying fields", () => {
  test("leaves plain data as it is", () => {
    const fields = { a: 1, b: "two", c: null, d: [true, { e: -0.5 }], f: {} };
    assert.deepEqual(json(fields), fields);
  });

  test("writes what JSON has no form for", () => {
    const when = new Date(0);
    const fields = {
      big: 12_345_678_901_234_567_890n,
      symbol: Symbol("s"),
      call: () => 1,
      map: new Map<unknown, unknown>([
        ["a", 1],
        [2, "b"],
        [{}, "c"],
      ]),
      set: new Set(["x", 1]),
      bytes: new Uint8Array(7),
      buffer: new ArrayBuffer(3),
      when,
      url: new URL("http://a.test/b"),
      nothing: undefined,
      holes: [undefined, 1],
      nan: NaN,
    };
    assert.deepEqual(json(fields), {
      big: "12345678901234567890",
      symbol: "Symbol(s)",
      call: "[function]",
      map: { a: 1, 2: "b", "[object Object]": "c" },
      set: ["x", 1],
      bytes: "[7 bytes]",
      buffer: "[3 bytes]",
      when: "1970-01-01T00:00:00.000Z",
      url: "http://a.test/b",
      holes: [null, 1],
      nan: null,
    });
  });

  test("cuts cycles, and shows an object twice where it stands twice", () => {
    const shared = { x: 1 };
    const node: Record<string, unknown> = { first: shared, second: shared };
    node["self"] = node;
    assert.deepEqual(json(node), { first: shared, second: shared, self: "[circular]" });
  });

  test("ends at a depth, a number of entries and a budget", () => {
    let deep: object = {};
    for (let level = 0; level < 100; level++) deep = { deep };
    assert.match(JSON.stringify(copy(deep)), /^(?:\{"deep":){8}"\[too deep\]"\}{8}$/);
    const wide = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`k${index}`, index]));
    assert.equal(Object.keys(copy(wide)).length, 201);
    assert.equal(copy(wide)["…"], "[300 more]");
    assert.equal((copy({ list: Array.from({ length: 500 }, () => 0) })["list"] as unknown[]).at(-1), "…[300 more]");
    assert.equal(
      (copy({ map: new Map(Array.from({ length: 500 }, (_, index) => [index, 0])) })["map"] as Fields)["…"],
      "[300 more]",
    );
    const bushy: unknown[] = [];
    for (let index = 0; index < 150; index++) bushy.push(bushy.slice(-20));
    assert.ok(JSON.stringify(copy({ bushy }, 10_000)).length < 40_000);
  });

  test("gives one giant text no more than a quarter of the room", () => {
    const fields = copy({ giant: "x".repeat(100_000), small: "here" }, 8_000);
    assert.equal(fields["giant"], `${"x".repeat(2_000)}…[98000 more]`);
    assert.equal(fields["small"], "here");
  });

  test("survives everything hostile", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const fields = copy({
      getter: Object.defineProperty({ fine: 1 }, "bad", {
        enumerable: true,
        get() {
          throw new Error("no");
        },
      }),
      toJSON: {
        toJSON() {
          throw new Error("no");
        },
      },
      keys: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error("no");
          },
        },
      ),
      revoked: revoked.proxy,
      invalidDate: new Date(Number.NaN),
      endless: {
        toJSON() {
          return { again: this };
        },
      },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(fields)), {
      getter: { fine: 1, bad: "[unreadable]" },
      toJSON: "[unreadable]",
      keys: "[unreadable]",
      revoked: "[unreadable]",
      invalidDate: null,
      endless: { again: "[circular]" },
    });
    assert.deepEqual(copy(revoked.proxy), { value: "[unreadable]" });
  });

  test("treats the names of built-in properties as names, and pollutes nothing", () => {
    const fields = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":"c","hasOwnProperty":"h","nested":{"__proto__":"x"}}',
    ) as object;
    assert.equal(JSON.stringify(copy(fields)), JSON.stringify(fields));
    assert.equal(({} as { polluted?: number }).polluted, undefined);
  });

  test("keeps clear of the names that every line has", () => {
    assert.deepEqual(json({ "@timestamp": 1, level: 2, message: 3, inner: { "@timestamp": 4 } }), {
      "@timestamp_": 1,
      level_: 2,
      message_: 3,
      inner: { "@timestamp": 4 },
    });
  });

  test("puts what has no fields under a name", () => {
    assert.deepEqual(json([1, 2]), { value: [1, 2] });
    assert.deepEqual(json(new Date(0)), { value: "1970-01-01T00:00:00.000Z" });
    assert.deepEqual(json({ toJSON: () => ({ level: 1 }) }), { level_: 1 });
  });

  test("hides sensitive values wherever they are, and secrets under any name", () => {
    const text = JSON.stringify(
      copy({
        password: "s3cret",
        user: { API_KEY: "s3cret", ok: "fine" },
        list: [{ Authorization: ["s3cret"] }],
        map: new Map([["token", "s3cret"]]),
        value: new Secret("s3cret"),
        json: { toJSON: () => ({ cookie: "s3cret" }) },
      }),
    );
    assert.ok(!text.includes("s3cret"));
    assert.ok(text.includes('"ok":"fine"'));
    assert.ok(text.includes('"value":"[secret]"'));
  });
});

test("a path of one field says nothing about the fields after it", () => {
  const target: Fields = {};
  copyFields(
    target,
    { card: { number: 1 }, number: 2, list: [{ card: 3 }, { number: 4 }] },
    new Redaction(["card.number"]),
    1_000,
  );
  assert.deepEqual(target, { card: { number: "[redacted]" }, number: 2, list: [{ card: 3 }, { number: 4 }] });
});

describe("copying errors", () => {
  test("takes type, message, code, stack, causes and parts, and nothing that a library hung on it", () => {
    class PaymentError extends Error {}
    const cause = Object.assign(new TypeError("inner"), { code: "E_INNER" });
    const error = Object.assign(new PaymentError("outer", { cause }), { config: { headers: { "x-key": "s3cret" } } });
    const { error: copied } = copy(error) as { error: Fields };
    assert.deepEqual(Object.keys(copied), ["type", "message", "stack", "cause"]);
    assert.equal(copied["type"], "PaymentError");
    assert.equal(copied["message"], "outer");
    assert.match(copied["stack"] as string, /^Error: outer\n +at /);
    assert.deepEqual(
      { ...(copied["cause"] as Fields), stack: "" },
      { type: "TypeError", message: "inner", code: "E_INNER", stack: "" },
    );
    const aggregate = copy({ error: new AggregateError([new Error("a"), "b"], "both") })["error"] as Fields;
    assert.equal((aggregate["errors"] as Fields[])[0]?.["message"], "a");
    assert.equal((aggregate["errors"] as unknown[])[1], "b");
  });

  test("ends circular and endless causes", () => {
    const error = new Error("loop");
    error.cause = error;
    assert.equal((copy(error)["error"] as Fields)["cause"], "[circular]");
    let chain = new Error("0");
    for (let depth = 1; depth < 50; depth++) chain = new Error(String(depth), { cause: chain });
    assert.ok(JSON.stringify(copy(chain)).endsWith(`"cause":"[too deep]"${"}".repeat(9)}`));
  });

  test("knows errors of another realm", () => {
    const foreign = runInNewContext("new RangeError('far')") as Error;
    assert.equal(foreign instanceof Error, false);
    assert.equal((copy({ cause: foreign })["cause"] as Fields)["type"], "RangeError");
  });

  test("survives hostile errors", () => {
    const error = Object.defineProperties(new Error("x"), {
      name: {
        get() {
          throw new Error("no");
        },
      },
      stack: {
        get() {
          throw new Error("no");
        },
      },
    });
    assert.deepEqual(copy(error)["error"], { type: "Error", message: "x", stack: "[unreadable]" });
  });

  test("makes the field error an object whatever was thrown", () => {
    assert.deepEqual(copy({ error: "text" }), { error: { type: "string", message: "text" } });
    assert.deepEqual(copy({ error: 7 }), { error: { type: "number", message: "7" } });
    assert.deepEqual(copy({ error: null }), { error: null });
    assert.deepEqual(json({ error: { code: "E" } }), { error: { code: "E" } });
  });
});

describe("cutting text", () => {
  test("keeps short text, and says how much of a long one is missing", () => {
    assert.equal(cutText("abc", 3), "abc");
    assert.equal(cutText("abcdef", 2), "ab…[4 more]");
    assert.equal(cutText("abc", 0), "…[3 more]");
  });

  test("never splits a surrogate pair", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.nat(20), (text, length) =>
        cutText(text, length).isWellFormed(),
      ),
    );
  });
});

test("text of a value that cannot be converted is a mark", () => {
  assert.equal(textOf(Symbol("a")), "Symbol(a)");
  assert.equal(textOf(Object.create(null)), "[unreadable]");
});

test("any value becomes JSON of bounded size", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string(),
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
      ),
      (fields) => JSON.stringify(copy(fields, 2_000)).length < 2_000 * 7,
    ),
    { numRuns: 300 },
  );
});
