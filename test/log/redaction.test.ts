import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { isPlinthError } from "#src/core/mod";
import { Redaction, SENSITIVE_NAMES } from "#src/log/redaction";

describe("redaction", () => {
  test("knows the well-known names in every spelling, at any depth", () => {
    const redaction = new Redaction();
    for (const name of SENSITIVE_NAMES) assert.ok(redaction.matches(name, ["a", "b"]), name);
    for (const name of ["API-KEY", "api_key", "Api Key", "set-cookie", "X-Api-Key"]) assert.ok(redaction.matches(name), name);
    for (const name of ["passwordless", "tokens", "keyboard", "author", "", "*"]) assert.ok(!redaction.matches(name), name);
  });

  test("matches a path wherever its names follow each other", () => {
    const redaction = new Redaction(["card.number", "a.*.z"]);
    assert.ok(redaction.matches("number", ["card"]));
    assert.ok(redaction.matches("Number", ["order", "CARD"]));
    assert.ok(!redaction.matches("number", []));
    assert.ok(!redaction.matches("number", ["card", "other"]));
    assert.ok(redaction.matches("z", ["a", "anything"]));
    assert.ok(redaction.matches("z", ["a"]), "a star may be no name");
    assert.ok(!redaction.matches("z", ["a", "b", "c"]));
  });

  test("takes a dot in a field's name for a step", () => {
    const redaction = new Redaction(["card.number"]);
    assert.ok(redaction.matches("http.request.headers.authorization"));
    assert.ok(redaction.matches("card.number"));
    assert.ok(redaction.matches("number", ["order.card"]));
    assert.ok(!redaction.matches("cart.number"));
  });

  test("hides the whole of what a trailing star is under, and ignores positions", () => {
    const redaction = new Redaction(["vault.*", "users[*].iban2", "rows[0].x1"]);
    assert.ok(redaction.matches("vault"));
    assert.ok(redaction.matches("iban2", ["users"]));
    assert.ok(redaction.matches("x1", ["rows"]));
  });

  test("refuses paths that say nothing", () => {
    for (const path of ["", ".", "a.", ".a", "*", "*.*", "a..b", "[0].x"]) {
      assert.throws(
        () => new Redaction([path]),
        (error) => isPlinthError(error, "E_LOG_REDACT_PATH_INVALID"),
        path,
      );
    }
  });

  test("learns more paths later, also for names it has seen", () => {
    const redaction = new Redaction();
    assert.ok(!redaction.matches("diagnosis"));
    redaction.add(["diagnosis"]);
    assert.ok(redaction.matches("diagnosis"));
  });

  test("answers alike however many other names it saw in between", () => {
    const redaction = new Redaction(["p.q"]);
    for (let index = 0; index < 5_000; index++) assert.ok(!redaction.matches(`n${index}`));
    assert.ok(redaction.matches("password"));
    assert.ok(redaction.matches("q", ["p"]));
    assert.ok(!redaction.matches("q", ["x"]));
  });

  test("a path of any names matches exactly those names in a row", () => {
    const name = fc.stringMatching(/^[a-f]{1,2}$/);
    fc.assert(
      fc.property(
        fc.array(name, { minLength: 1, maxLength: 3 }),
        fc.array(name, { minLength: 1, maxLength: 5 }),
        (pattern, path) => {
          const expected = path.slice(-pattern.length).join(".") === pattern.join(".");
          return new Redaction([pattern.join(".")]).matches(path.at(-1) as string, path.slice(0, -1)) === expected;
        },
      ),
    );
  });
});
