import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { probePort } from "#src/app/port-probe";
import { RunningCommand } from "../support/command.ts";
import { type Home, makeHome } from "../support/home.ts";

const SLOW_START = new URL("../../support/apps/slow-start.ts", import.meta.url).pathname;

/** An app that is never ready: the start of one thread does not end. */
function startSlowly(home: Home, env: Readonly<Record<string, string>>): RunningCommand {
  const common = {
    APP_ENV: "test",
    LOG_FORMAT: "json",
    HOST: "127.0.0.1",
    PORT: "0",
    ADMIN_PORT: "0",
    DATA_FOLDER: home.path("data"),
  };
  return new RunningCommand(["start", SLOW_START], { folder: home.folder, env: { ...common, ...env } });
}

describe("a signal before the program is ready", () => {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`finishes what already serves, stops what has started and ends with 0 (${signal})`, async () => {
      using home = makeHome();
      const port = await probePort({ host: "127.0.0.1", port: 0, what: "The test" });
      await using command = startSlowly(home, { PORT: String(port), HTTP_THREADS: "2", SLOW_THREAD: "http-1" });
      await command.waitFor(/"slow is starting"/);
      await command.waitFor(/"where":"http-0".*"quick started"/);
      const answer = fetchWhenListening(`http://127.0.0.1:${port}/slow`);
      await command.waitFor(/"under way"/);
      command.child.kill(signal);
      assert.equal(await (await answer).json(), "answered");
      assert.equal(await command.exited, 0, command.output);
      for (const thread of ["http-0", "http-1"]) {
        for (const service of ["quick", "slow"]) {
          assert.equal(command.count(new RegExp(`"where":"${thread}".*"${service} stopped"`)), 1, command.output);
        }
      }
      assert.equal(command.count(/"message":"stopping before it was ready"/), 1, command.output);
      assert.equal(command.count(/"level":"error"|"message":"ready"/), 0, command.output);
    });
  }

  test("does so on the main thread alone", async () => {
    using home = makeHome();
    await using command = startSlowly(home, { HTTP_THREADS: "0", SLOW_THREAD: "main" });
    await command.waitFor(/"slow is starting"/);
    command.child.kill("SIGTERM");
    assert.equal(await command.exited, 0, command.output);
    assert.equal(command.count(/"(quick|slow) stopped"/), 2, command.output);
    assert.equal(command.count(/"level":"error"|E_CORE/), 0, command.output);
  });

  test("does not end it where it asks for a reload", async () => {
    using home = makeHome();
    await using command = startSlowly(home, { HTTP_THREADS: "1", SLOW_THREAD: "http-0" });
    await command.waitFor(/"slow is starting"/);
    command.child.kill("SIGHUP");
    command.child.kill("SIGHUP");
    command.child.kill("SIGTERM");
    assert.equal(await command.exited, 0, command.output);
    assert.equal(command.count(/"reason":"SIGTERM"/), 1, command.output);
  });
});

async function fetchWhenListening(url: string): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url);
    } catch (thrown) {
      if (((thrown as Error).cause as { code?: string }).code !== "ECONNREFUSED") throw thrown;
    }
  }
}
