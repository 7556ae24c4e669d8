import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { appCommands, runAppCommand } from "#src/cli/app-command";
import type { AppCommand, CommandCall } from "#src/app/mod";
import { isPlinthError } from "#src/core/mod";
import { TINY_APP, makeHome } from "./support/home.ts";
import { SHOP } from "./support/url.ts";

const options = { app: SHOP, env: "test" } as const;

const command = (run: AppCommand["run"]): AppCommand => ({ name: "verb", summary: "does", run });

describe("verbs of an app", () => {
  test("are those that it declares", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    assert.deepEqual(
      (await appCommands({ app: home.path("app.ts") })).map(({ name }) => name),
      ["greet", "line", "fail"],
    );
    assert.deepEqual(await appCommands(options), []);
  });

  test("get their words, the environment and the root secrets", async () => {
    let call: CommandCall | undefined;
    const spy = command((given) => {
      call = given;
      return "done";
    });
    assert.equal(await runAppCommand(spy, ["ada", ""], options), "done\n");
    assert.deepEqual(call?.arguments, ["ada", ""]);
    assert.equal(call?.environment, "test");
    assert.equal(call?.appKeys.length, 1);
  });

  test("may take their time, and end their last line themselves", async () => {
    assert.equal(
      await runAppCommand(
        command(() => Promise.resolve("one\ntwo\n")),
        [],
        options,
      ),
      "one\ntwo\n",
    );
  });

  test("do not run without a valid configuration", async () => {
    let ran = false;
    const spy = command(() => {
      ran = true;
      return "";
    });
    await assert.rejects(runAppCommand(spy, [], { ...options, env: "production" }), (thrown) =>
      isPlinthError(thrown, "E_CONFIG_INVALID"),
    );
    assert.equal(ran, false);
  });
});
