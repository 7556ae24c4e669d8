import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as setting from "#src/config/setting";
import type { Duration, Secret } from "#src/core/mod";
import type { Setting } from "#src/config/contract";
import { refuse } from "#src/config/create-setting";
import { isPlinthError } from "#src/core/mod";

type Equal<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;

describe("a setting's type", () => {
  test("has a value when it is required or has a default", () => {
    const required = setting.text();
    const byDefault = setting.duration({ default: "5s" });
    const byEnvironment = setting.duration({ default: (environment) => (environment === "test" ? "0s" : "5s") });
    assert.equal<Equal<typeof required, Setting<string>>>(true, true);
    assert.equal<Equal<typeof byDefault, Setting<Duration>>>(true, true);
    assert.equal<Equal<typeof byEnvironment, Setting<Duration>>>(true, true);
  });

  test("may be undefined when it is optional or only sometimes required", () => {
    const optional = setting.secret({ optional: true });
    const sometimes = setting.integer({ requiredIn: ["production"] });
    assert.equal<Equal<typeof optional, Setting<Secret | undefined>>>(true, true);
    assert.equal<Equal<typeof sometimes, Setting<number | undefined>>>(true, true);
  });

  test("has a value when a default stands in where it is not required", () => {
    const both = setting.port({ default: 80, requiredIn: ["production"] });
    assert.equal<Equal<typeof both, Setting<number>>>(true, true);
  });

  test("knows choices and items", () => {
    const choice = setting.choice(["a", "b"], { default: "a" });
    const items = setting.list(setting.boolean(), { default: [] });
    assert.equal<Equal<typeof choice, Setting<"a" | "b">>>(true, true);
    assert.equal<Equal<typeof items, Setting<readonly boolean[]>>>(true, true);
  });
});

describe("a setting's options", () => {
  test("refuse a default of another kind, and options that do not exist, at compile time", () => {
    // @ts-expect-error -- no duration
    setting.duration({ default: "5 seconds" });
    // @ts-expect-error -- no choice
    setting.choice(["a"], { default: "b" });
    // @ts-expect-error -- misspelt
    assert.throws(() => setting.text({ defualt: "x" }));
    // @ts-expect-error -- of another builder
    assert.throws(() => setting.text({ min: 1 }));
    // @ts-expect-error -- a secret has no default
    assert.throws(() => setting.secret({ default: "hunter2", minBits: 1 }));
  });

  test("refuse what does not exist at run time, with a suggestion", () => {
    // @ts-expect-error -- misspelt
    const build = (): unknown => setting.integer({ mim: 1 });
    assert.throws(
      build,
      (thrown) => isPlinthError(thrown, "E_CONFIG_SCHEMA_INVALID") && /"mim"; did you mean "min"\?/.test(thrown.message),
    );
    // @ts-expect-error -- unheard of
    assert.throws(() => setting.text({ whatever: 1 }), /"whatever"; known are default, defaultLabel/);
  });

  test("are frozen copies", () => {
    const options = { doc: "a" };
    const made = setting.text(options);
    options.doc = "b";
    assert.equal(made.options.doc, "a");
    assert.ok(Object.isFrozen(made) && Object.isFrozen(made.options));
  });
});

test("a setting shows numbers and truth as they are written", () => {
  assert.equal(setting.integer().show(5), "5");
  assert.equal(setting.boolean().show(false), "false");
  assert.equal(setting.text().show("a\u001b"), "a\\u001b");
});

test("a refusal says what was expected", () =>
  assert.deepEqual(refuse("a port"), { refusals: [{ pointer: "", detail: "expected a port" }] }));
