import assert from "node:assert/strict";
import { readFileSync, renameSync } from "node:fs";
import { describe, test } from "node:test";
import { startServer } from "#src/testing/test-server";
import { connectToEachThread, isWhole, until } from "../../app/integration/observe.ts";
import { RunningCommand, runCommand } from "../support/command.ts";
import { makeHome } from "../support/home.ts";

const KEY = "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E";

/** Says what its configuration is: as read at the start, as it is now, and as a listener heard it. */
const APP = `
import { defineApp } from "plinth/app";
import { defineConfig, setting } from "plinth/config";
import { route, routes } from "plinth/http";

export default defineApp({
  name: "reloading",
  config: defineConfig({
    greeting: setting.text({ default: "hello", reload: "live" }),
    colour: setting.text({ default: "grey" }),
  }),
  services: ({ config, live, runtime }) => {
    const heard = [];
    live.onChange(({ greeting }) => greeting, (now, before) => heard.push([now, before]));
    return { config, live, heard, runtime };
  },
  routes: [({ config, live, heard, runtime }) => routes(
    route.get("/thread", { auth: "public" }, () => ({
      thread: runtime.thread, start: config.greeting, now: live.current.greeting, colour: live.current.colour, heard,
    })),
    route.get("/exit", { auth: "public" }, () => process.exit(3)),
  )],
});
`;

interface Said {
  readonly thread: string;
  readonly start: string;
  readonly now: string;
  readonly colour: string;
  readonly heard: readonly (readonly string[])[];
}

async function askEachThread(url: string): Promise<readonly Said[]> {
  const connections = await connectToEachThread(url, 2);
  const answers: Said[] = [];
  for (const connection of connections.values()) {
    answers.push(JSON.parse((await connection.get("/thread")).body) as Said);
    connection.close();
  }
  return answers;
}

describe("the configuration of a running program", () => {
  test("is replaced in every thread when a file changes, not when it is faulty, and a thread that starts later has it", async () => {
    using home = makeHome({ "app.ts": APP, "config/default.yaml": "greeting: hi\n" });
    await using server = await startServer({ app: home.path("app.ts"), folder: home.folder, threads: 2, env: { APP_KEY: KEY } });
    const everyThread = (check: (said: Said) => boolean): Promise<number> =>
      until("every thread has it", 10_000, async () => (await askEachThread(server.url)).every(check));
    const plinth = (...words: readonly string[]) =>
      runCommand(words, {
        folder: home.folder,
        env: { APP_ENV: "test", APP_KEY: KEY, ADMIN_PORT: new URL(server.adminUrl).port },
      });

    home.write("config/draft", "greeting: hey\n");
    renameSync(home.path("config/draft"), home.path("config/default.yaml"));
    await everyThread(({ now, start, heard }) => now === "hey" && start === "hi" && heard.length === 1);
    home.write("config/default.yaml", "greeting: moin\nlogLevel: loud\n");
    const refused = await server.log.waitFor("the configuration has faults and was not reloaded");
    assert.match(String(refused["faults"]), /logLevel: expected one of.*config\/default\.yaml:2/);
    assert.ok((await askEachThread(server.url)).every(({ now }) => now === "hey"));

    home.write("config/default.yaml", "greeting: moin\ncolour: blue\n");
    await everyThread(({ now, colour }) => now === "moin" && colour === "grey");
    await assert.rejects(fetch(`${server.url}/exit`));
    await until("the thread is replaced", 20_000, () => isWhole(server.adminUrl));
    await everyThread(({ now, colour }) => now === "moin" && colour === "grey");
    const starts = (await askEachThread(server.url)).map(({ start }) => start);
    assert.deepEqual(new Set(starts), new Set(["hi", "moin"]));

    const status = await plinth("config", "status");
    assert.match(status.stdout, /^last reload .* \(a file changed\): changed\n/);
    assert.match(status.stdout, /^colour +grey +blue +config\/default\.yaml:2$/m);
    home.write(".env", "JOB_THREADS=many\n");
    const reload = await plinth("config", "reload");
    assert.equal(reload.code, 1);
    // The program says so, not the command, which reads only what it needs.
    assert.match(reload.stdout, /^refused, everything stays as it was:\n {2}jobThreads: expected a whole number/);
  });

  test("is loaded again by SIGHUP where files are not watched, and log files are opened anew", async () => {
    using home = makeHome({ "app.ts": APP });
    const env = {
      APP_ENV: "test",
      APP_KEY: KEY,
      PORT: "0",
      ADMIN_PORT: "0",
      HTTP_THREADS: "1",
      CONFIG_WATCH: "false",
      LOG_FILE: "app.log",
      SHUTDOWN_DELAY: "0s",
    };
    await using command = new RunningCommand(["start"], { folder: home.folder, env });
    const logged = (file: string, text: string): Promise<number> =>
      until(`${file} has "${text}"`, 30_000, async () => readFileSync(home.path(file), "utf8").includes(text));
    await logged("app.log", `"message":"ready"`);
    renameSync(home.path("app.log"), home.path("app.log.1"));
    home.write(".env", "LOG_LEVEL=debug\nGREETING=moin\n");
    command.child.kill("SIGHUP");
    await logged("app.log", `"changed":["logLevel","greeting"]`);
    assert.ok(!readFileSync(home.path("app.log.1"), "utf8").includes("reloaded"));
    command.child.kill("SIGTERM");
    assert.equal(await command.exited, 0);
    assert.match(readFileSync(home.path("app.log"), "utf8"), /"message":"stopped"/);
  });
});
