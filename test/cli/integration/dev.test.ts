import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { RunningCommand } from "../support/command.ts";
import { TINY_APP, makeHome } from "../support/home.ts";

const ENV = { HOST: "127.0.0.1", PORT: "0", ADMIN_PORT: "0", HTTP_THREADS: "0", LOG_FORMAT: "json" };
const READY = /"message":"ready"/;

/** The app says which process it runs in, and its greeting. */
const APP = TINY_APP.replace("({ greeting })))]", "({ greeting, pid: process.pid })))]");

interface Hello {
  readonly greeting: string;
  readonly pid: number;
}

/** What the app that printed this ready line answers. */
async function hello(readyLine: string): Promise<Hello> {
  const { public: url } = JSON.parse(readyLine) as { public: string };
  return (await (await fetch(`${url.replace("localhost", "127.0.0.1")}/hello`)).json()) as Hello;
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

describe("plinth dev", () => {
  test("starts the app again when a source changes, passing its options through", async () => {
    using home = makeHome({ "server.ts": APP, "lib/extra.ts": "" });
    await using dev = new RunningCommand(["dev", "--set", "greeting=a b=c", "server.ts", "--env", "test"], {
      folder: home.folder,
      env: ENV,
    });
    const first = await hello(await dev.waitFor(READY));
    assert.equal(first.greeting, "a b=c");
    home.write("lib/extra.ts", "export {};");
    const second = await hello(await dev.waitFor(READY, 2));
    assert.notEqual(second.pid, first.pid);
    assert.equal(second.greeting, "a b=c");
    assert.equal(isAlive(first.pid), false);
    assert.match(dev.output, /"env":"test"/);
  });

  test("starts it again for configuration, but not for data, packages and what tools write", async () => {
    using home = makeHome({ "app.ts": APP, ".env": "", "data/x.json": "", "config/default.json": "{}" });
    mkdirSync(home.path(".git"));
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await dev.waitFor(READY);
    for (const path of [
      "data/x.json",
      "data/new.json",
      "node_modules/zod/index.js",
      ".git/index.json",
      "README.md",
      "dist/a.js",
    ]) {
      home.write(path, "{}");
    }
    // A change that matters comes after them, and more than a debounce later: had they mattered, there would be two starts.
    home.write("config/default.json", `{ "greeting": "from a file" }`);
    const second = await dev.waitFor(READY, 2);
    assert.equal((await hello(second)).greeting, "from a file");
    home.write(".env", "GREETING=from .env\n");
    const third = await dev.waitFor(READY, 3);
    assert.equal((await hello(third)).greeting, "from .env");
    assert.equal(dev.count(READY), 3);
  });

  test("sees files in folders that are new, and one burst of changes as one", async () => {
    using home = makeHome({ "app.ts": APP });
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await dev.waitFor(READY);
    for (let index = 0; index < 20; index += 1) home.write(`new/deep/file-${index}.ts`, "export {};");
    await dev.waitFor(READY, 2);
    home.write("new/deep/file-3.ts", "export const changed = true;");
    await dev.waitFor(READY, 3);
    assert.equal(dev.count(READY), 3);
  });

  test("outlives an app with a syntax error, and starts it when it is mended", async () => {
    using home = makeHome({ "app.ts": APP });
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    const first = await hello(await dev.waitFor(READY));
    home.write("app.ts", "export default {");
    await dev.waitFor(/^the app ended \(1\); it starts again with the next change$/);
    assert.match(dev.output, /E_APP_MODULE_FAILED/);
    home.write("app.ts", APP.replace(`default: "hello"`, `default: "mended"`));
    const second = await hello(await dev.waitFor(READY, 2));
    assert.equal(second.greeting, "mended");
    assert.notEqual(second.pid, first.pid);
  });

  test("outlives a folder that goes away", async () => {
    using home = makeHome({ "app.ts": APP, "lib/a.ts": "" });
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await dev.waitFor(READY);
    rmSync(home.path("lib"), { recursive: true });
    await dev.waitFor(READY, 2);
    home.write("lib/a.ts", "export {};");
    await dev.waitFor(READY, 3);
    assert.equal(dev.child.exitCode, null);
  });

  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`ends with the app's exit code on ${signal}, and leaves no process behind`, async () => {
      using home = makeHome({ "app.ts": APP });
      await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
      const { pid } = await hello(await dev.waitFor(READY));
      dev.child.kill(signal);
      assert.equal(await dev.exited, 0);
      assert.equal(isAlive(pid), false);
      assert.equal(dev.count(/"message":"stopped"/), 1, "the app stopped as it should");
    });
  }

  test("hands on another exit code, and 128 and the number of a signal", async () => {
    // Past the program's own listener, which would end what has not been loaded yet.
    const code = `process.removeAllListeners("SIGTERM"); process.once("SIGTERM", () => process.exit(7)); process.stdout.write("up " + process.pid + "\\n"); await new Promise(() => setInterval(() => {}, 1_000));`;
    using home = makeHome({ "app.ts": code });
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await dev.waitFor(/^up /);
    dev.child.kill("SIGTERM");
    assert.equal(await dev.exited, 7);

    home.write("app.ts", code.replace(/process\.once[^;]*;/, ""));
    await using other = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await other.waitFor(/^up /);
    other.child.kill("SIGTERM");
    assert.equal(await other.exited, 143);
  });

  test("ends at once when no app runs", async () => {
    using home = makeHome({ "app.ts": "throw new Error('boom')" });
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await dev.waitFor(/^the app ended/);
    dev.child.kill("SIGTERM");
    assert.equal(await dev.exited, 0);
  });

  test("stopped during a restart, lets the old app finish and starts no new one", async () => {
    const slow = `
      process.removeAllListeners("SIGTERM");
      process.on("SIGTERM", () => {
        process.stdout.write("asked\\n");
        const wait = setInterval(() => {
          if (!existsSync("go")) return;
          clearInterval(wait);
          process.exit(5);
        }, 10);
      });
      process.stdout.write("up\\n");
      await new Promise(() => setInterval(() => {}, 1_000));`;
    using home = makeHome({ "app.ts": `import { existsSync } from "node:fs";\n${slow}` });
    await using dev = new RunningCommand(["dev"], { folder: home.folder, env: ENV });
    await dev.waitFor(/^up$/);
    home.write("other.ts", "export {};");
    await dev.waitFor(/^asked$/);
    dev.child.kill("SIGTERM");
    writeFileSync(home.path("go"), "");
    assert.equal(await dev.exited, 5);
    assert.deepEqual([dev.count(/^up$/), dev.count(/^asked$/)], [1, 1]);
    assert.ok(existsSync(home.path("go")));
  });
});
