import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { Command } from "commander";
import { type SharedOptions, toProgramOptions, withSharedOptions } from "#src/cli/options";

/** What a verb gets for these words; what commander complains of is thrown. */
function parse(...words: string[]): SharedOptions {
  const command = withSharedOptions(new Command("verb"))
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return command.parse(words, { from: "user" }).opts();
}

describe("options that every verb takes", () => {
  test("are left out when they are not given", () => {
    assert.deepEqual(parse(), {});
  });

  test("are read in both spellings, --set as often as it is given and in order", () => {
    assert.deepEqual(parse("--app", "a.ts", "--env=test", "--set", "a=1", "--set=b=2=3", "--secrets-folder", "/run/secrets"), {
      app: "a.ts",
      env: "test",
      set: ["a=1", "b=2=3"],
      secretsFolder: "/run/secrets",
    });
  });

  test("of one command do not leak into the next", () => {
    parse("--set", "a=1");
    assert.deepEqual(parse("--set", "b=2"), { set: ["b=2"] });
  });

  for (const words of [["--env", "prod"], ["--set"], ["--unknown"]]) {
    test(`refuse ${words.join(" ")}`, () => {
      assert.throws(() => parse(...words), { name: "CommanderError", exitCode: 1 });
    });
  }
});

describe("what they mean for the program", () => {
  test("is the app's URL and the process's environment when nothing else is said", () => {
    const { env, ...rest } = toProgramOptions({ app: "/srv/app.ts" });
    assert.deepEqual(rest, { appUrl: "file:///srv/app.ts" });
    assert.equal(env["PATH"], process.env["PATH"]);
  });

  test("is that the environment named comes before APP_ENV, and only in what the program sees", () => {
    const before = process.env["APP_ENV"];
    assert.equal(toProgramOptions({ app: "/srv/app.ts", env: "production" }).env["APP_ENV"], "production");
    assert.equal(process.env["APP_ENV"], before);
  });

  test("is that overrides and the secrets' folder go along", () => {
    const options = toProgramOptions({ app: "/srv/app.ts", set: ["port=1"], secretsFolder: "/run/secrets" });
    assert.deepEqual(options.overrides, ["port=1"]);
    assert.equal(options.secretsFolder, "/run/secrets");
  });

  test("is that a module named as an argument comes before --app, from the working folder", () => {
    const { appUrl } = toProgramOptions({ app: "b.ts" }, "a.ts");
    assert.equal(appUrl, `${pathToFileURL(process.cwd()).href}/a.ts`);
  });
});
