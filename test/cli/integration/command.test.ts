import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type CommandOutcome, RunningCommand, runCommand, startCommand } from "../support/command.ts";
import { TINY_APP, makeHome } from "../support/home.ts";

/** Runs `plinth <words>` in a new folder with these files. */
async function plinth(
  words: readonly string[],
  files: Readonly<Record<string, string>> = { "app.ts": TINY_APP },
  env: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> {
  using home = makeHome(files);
  return await runCommand(words, { folder: home.folder, env });
}

/** It failed, said so on standard error only, and showed nobody a stack. */
function assertRefused(outcome: CommandOutcome, message: RegExp): void {
  assert.match(outcome.stderr, message);
  assert.equal(outcome.code, 1);
  assert.equal(outcome.stdout, "");
  assert.doesNotMatch(outcome.stderr, /^ +at /m);
}

for (const by of ["main", "bin"] as const) {
  describe(`the command, run by ${by}`, () => {
    test("works from any folder, says its version, and helps", async () => {
      using home = makeHome();
      const version = await runCommand(["--version"], { folder: home.folder, by });
      assert.deepEqual([version.code, version.stderr], [0, ""]);
      assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
      const help = await runCommand(["--help"], { folder: home.folder, by });
      assert.deepEqual([help.code, help.stderr], [0, ""]);
      for (const verb of ["start", "dev", "routes", "config"]) assert.match(help.stdout, new RegExp(`^  ${verb}\\b`, "m"));
    });

    test("ends with 1 and a sentence when it does not know the verb", async () => {
      using home = makeHome({ "app.ts": TINY_APP });
      const outcome = await runCommand(["strat"], { folder: home.folder, by });
      assertRefused(outcome, /^E_CLI_VERB_UNKNOWN: There is no command "strat"\. There are: start, dev, .*greet/);
    });
  });
}

test("the command runs through a link, as npm makes one", async () => {
  using home = makeHome({ "app.ts": TINY_APP });
  symlinkSync(fileURLToPath(new URL("../../../bin/plinth.js", import.meta.url)), home.path("plinth"));
  const { stdout } = await promisify(execFile)(process.execPath, [home.path("plinth"), "line"], { cwd: home.folder });
  assert.equal(stdout, "one line\n");
});

describe("a mistake on the command line is refused with exit code 1 and a sentence", () => {
  test("a verb, where there is no app that could add it", async () => {
    assertRefused(
      await plinth(["token", "ada"], {}),
      /^E_CLI_VERB_UNKNOWN: There is no command "token".*none was found here.*--app/,
    );
  });

  test("an option", async () => {
    assertRefused(await plinth(["routes", "--jsn"]), /^error: unknown option '--jsn'\n\(Did you mean --json\?\)/);
  });

  test("a verb of config", async () => {
    assertRefused(await plinth(["config", "explian"]), /unknown command 'explian'\n\(Did you mean explain\?\)/);
  });

  test("an argument too many", async () => {
    assertRefused(await plinth(["start", "a.ts", "b.ts"]), /too many arguments/);
  });

  test("an environment or a format that does not exist", async () => {
    assertRefused(await plinth(["routes", "--env", "prod"]), /--env.*Allowed choices are development, test, production/);
    assertRefused(
      await plinth(["config", "example", "--format", "xml"]),
      /--format.*Allowed choices are env, json-schema, markdown/,
    );
  });

  test("nothing at all is answered with help", async () => {
    const outcome = await plinth([]);
    assertRefused(outcome, /^Usage: plinth /);
    assert.match(outcome.stderr, /^  greet/m);
  });
});

describe("an app that cannot be had is told in a sentence", () => {
  for (const verb of [["start"], ["routes"], ["config", "explain"], ["config", "check"], ["config", "example"]]) {
    test(`none, to ${verb.join(" ")}`, async () => {
      assertRefused(await plinth(verb, {}), /^E_CLI_APP_UNKNOWN: Which app\?/);
    });
  }

  test("one that does not exist", async () => {
    assertRefused(await plinth(["start", "nowhere.ts"]), /^E_APP_MODULE_MISSING: .*nowhere\.ts could not be loaded/);
  });

  test("one with a syntax error, and where in it", async () => {
    const outcome = await plinth(["routes"], { "app.ts": "export default {\n  name:: 1\n};\n" });
    assertRefused(outcome, /^E_APP_MODULE_FAILED: .*app\.ts could not be loaded: /);
    assert.match(outcome.stderr, /app\.ts:2\b/);
  });

  test("one that throws, and where in it", async () => {
    const { code, stderr } = await plinth(["start"], { "app.ts": `export {};\nthrow new Error("boom at load");\n` });
    assert.equal(code, 1);
    assert.match(stderr, /^E_APP_MODULE_FAILED: .* boom at load$/m);
    assert.match(stderr, /app\.ts:2:7/);
    assert.doesNotMatch(stderr, /node:internal/);
  });

  test("one that is no app", async () => {
    assertRefused(await plinth(["routes"], { "app.ts": "export default { name: 'tiny' };" }), /^E_APP_MODULE_INVALID: /);
  });

  test("one whose port is taken", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const env = { HOST: "127.0.0.1", PORT: String(port), ADMIN_PORT: "0", HTTP_THREADS: "1" };
    const outcome = await runCommand(["start"], { folder: home.folder, env });
    taken.close();
    assertRefused(outcome, new RegExp(`^E_APP_PORT_IN_USE: .*127\\.0\\.0\\.1:${port}`, "m"));
  });

  test("a broken one does not keep help from helping", async () => {
    const { code, stdout } = await plinth(["--help"], { "app.ts": "throw new Error('boom')" });
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: plinth /);
  });
});

describe("config", () => {
  test("check lists all faults of all sources, with exit code 1 and no stack", async () => {
    const files = {
      "app.ts": TINY_APP,
      "config/default.json": `{ "prot": 1, "uploads": { "maxSize": "big" } }`,
      ".env": "ADMIN_PORT=x\n",
    };
    const outcome = await plinth(["config", "check", "--set", "nothing"], files, { LOG_LEVEL: "loud" });
    assert.equal(outcome.code, 1);
    for (const line of [
      /^  prot: .*port.*\(config\/default\.json/m,
      /^  uploads\.maxSize: .*\(config\/default\.json/m,
      /^  adminPort: .*\(\.env\)$/m,
      /^  logLevel: .*\(environment LOG_LEVEL\)$/m,
      /^  --set: expected key=value$/m,
    ]) {
      assert.match(outcome.stdout, line);
    }
    assert.doesNotMatch(outcome.stdout + outcome.stderr, /^ +at /m);
  });

  test("start refuses the same, and starts nothing", async () => {
    const outcome = await plinth(["start", "--set", "port=x", "--set", "adminPort=y"]);
    assertRefused(outcome, /^E_CONFIG_INVALID: [^]*^  port: [^]*^  adminPort: /m);
  });

  test("check for production fails without APP_KEY and names it, and passes with one", async () => {
    const without = await plinth(["config", "check", "--env", "production"]);
    assert.equal(without.code, 1);
    assert.match(without.stdout, /APP_KEY/);
    const key = { APP_KEY: "k3y-0f-th3-t3sts-w1th-m0r3-th4n-32-byt3s" };
    const having = await plinth(["config", "check", "--env", "production"], undefined, key);
    assert.deepEqual([having.code, having.stderr], [0, ""]);
  });

  test("explain never shows a secret, wherever it comes from", async () => {
    const files = { "app.ts": TINY_APP, "token.txt": "from-a-file-hunter2\n" };
    const env = {
      APP_KEY: "hunter2-hunter2-hunter2-hunter2-hunter2",
      API_TOKEN_FILE: "token.txt",
      DATABASE_URL: "postgres://ada:hunter2@db/app?password=hunter2",
    };
    for (const json of [[], ["--json"]]) {
      const { code, stdout, stderr } = await plinth(["config", "explain", ...json], files, env);
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stdout + stderr, /hunter2/);
      for (const source of ["environment APP_KEY", "token.txt", "environment DATABASE_URL"]) assert.ok(stdout.includes(source));
    }
  });

  test("example is a file that check accepts as it is", async () => {
    const { stdout } = await plinth(["config", "example"]);
    const { code } = await plinth(["config", "check"], {
      "app.ts": TINY_APP,
      ".env": stdout.replaceAll(/^# ([A-Z_]+=.+)$/gm, "$1"),
    });
    assert.equal(code, 0);
  });
});

describe("a verb", () => {
  test("routes --json prints JSON and nothing else", async () => {
    const { code, stdout, stderr } = await plinth(["routes", "--json"]);
    assert.deepEqual([code, stderr], [0, ""]);
    const plans = JSON.parse(stdout) as { method: string; path: string; summary: string }[];
    assert.deepEqual(
      plans.map(({ method, path, summary }) => [method, path, summary]),
      [
        ["GET", "/hello", "Says hello"],
        ["GET", "/openapi.json", "The OpenAPI document"],
        ["GET", "/docs", "The API, to read and to try"],
        ["GET", "/docs/:asset", "Files of /docs"],
      ],
    );
  });

  test("of the app gets all of its words and the options", async () => {
    const { code, stdout } = await plinth(["greet", "ada", "--env", "test", "", "grace"]);
    assert.deepEqual([code, stdout], [0, "ada and  and grace in test\n"]);
  });

  test("of the app without its argument is a usage error", async () => {
    assertRefused(await plinth(["greet"]), /^error: missing required argument 'names'/);
  });

  test("of the app is in the help of an app that is named", async () => {
    const { code, stdout } = await plinth(["greet", "--help", "--app", "server.ts"], { "server.ts": TINY_APP });
    assert.equal(code, 0);
    assert.match(stdout, /^Usage: plinth greet \[options\] <names\.\.\.>/);
  });

  test("of the app is found where --app says, in both spellings and from any folder", async () => {
    using elsewhere = makeHome({ "app.ts": TINY_APP });
    for (const words of [
      ["line", "--app", elsewhere.path("app.ts")],
      ["line", `--app=${elsewhere.path("app.ts")}`],
    ]) {
      const { code, stdout } = await plinth(words, {});
      assert.deepEqual([code, stdout], [0, "one line\n"]);
    }
  });

  test("of the app that fails unforeseen shows its stack", async () => {
    const { code, stdout, stderr } = await plinth(["fail"]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /^TypeError: nobody foresaw this\n +at .*app\.ts/);
  });

  test("ends when it is done, whatever the app's module has left open", async () => {
    const { code, stdout } = await plinth(["line"], { "app.ts": `${TINY_APP}\nsetInterval(() => undefined, 1_000);` });
    assert.deepEqual([code, stdout], [0, "one line\n"]);
  });
});

describe("a reader that goes away early, such as head,", () => {
  const big = TINY_APP.replace('run: () => "one line\\n"', 'run: () => "x".repeat(4_000_000)');

  test("gets what it wants, and no stack", async () => {
    using home = makeHome({ "app.ts": big });
    const child = startCommand(["line"], { folder: home.folder });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    const [first] = (await once(child.stdout, "data")) as [Buffer];
    assert.equal(String(first).slice(0, 3), "xxx");
    child.stdout.destroy();
    const [code] = (await once(child, "close")) as [number];
    assert.deepEqual([code, stderr], [0, ""]);
  });

  test("does not cut what a patient one reads", async () => {
    assert.equal((await plinth(["line"], { "app.ts": big })).stdout.length, 4_000_001);
  });

  test("of what went wrong leaves the exit code as it is", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    const child = startCommand(["strat"], { folder: home.folder });
    child.stderr.destroy();
    const [code] = (await once(child, "close")) as [number];
    assert.equal(code, 1);
  });

  test("does not end a server that has greeted nobody", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    const env = { HOST: "127.0.0.1", PORT: "0", ADMIN_PORT: "0", HTTP_THREADS: "0" };
    await using server = new RunningCommand(["start"], { folder: home.folder, env });
    server.child.stderr.destroy();
    const { public: url } = JSON.parse(await server.waitFor(/"message":"ready"/)) as { public: string };
    const answer = await fetch(`${url.replace("localhost", "127.0.0.1")}/hello`);
    assert.deepEqual(await answer.json(), { greeting: "hello" });
    server.child.kill("SIGTERM");
    assert.equal(await server.exited, 0);
  });
});
