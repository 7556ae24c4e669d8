import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import { Broadcast } from "#src/app/broadcast";
import { followConfig } from "#src/app/live-config";
import { configActions } from "#src/app/operator/config-actions";
import { Reloader } from "#src/app/operator/reloader";
import { ConfigSource, defineConfig, loadConfig, setting } from "#src/config/mod";
import { createLogger, createMemorySink } from "#src/log/mod";
import { createFakeClock } from "#src/testing/fake-clock";
import { createAdminCaller } from "../support/admin-caller.ts";

const schema = defineConfig({
  greeting: setting.text({ default: "hello", reload: "live" }),
  token: setting.secret({ optional: true, reload: "live" }),
});

async function createScene(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "plinth-reloader-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const options = { schema, env: {}, folder };
  const clock = createFakeClock();
  const broadcast = new Broadcast();
  const sink = createMemorySink();
  const log = createLogger({ sink, clock });
  const source = new ConfigSource<unknown>(options, await loadConfig(options));
  const reloader = new Reloader({ source, broadcast, clock, log, details: log });
  return {
    clock,
    log,
    reloader,
    live: followConfig(broadcast, log) as unknown as { readonly current: { greeting: string; token?: { reveal(): string } } },
    write: (text: string) => writeFileSync(join(folder, ".env"), text),
    lines: () => sink.lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe("a reload", () => {
  test("reaches whoever follows, secrets too, and is in the log by its keys", async (t) => {
    const { reloader, live, write, lines } = await createScene(t);
    assert.equal(live.current.greeting, "hello");
    write("GREETING=moin\nTOKEN=hunter2");
    const report = await reloader.reload("SIGHUP");
    assert.equal(report.outcome, "changed");
    assert.deepEqual([live.current.greeting, live.current.token?.reveal()], ["moin", "hunter2"]);
    assert.ok(Object.isFrozen(live.current));
    assert.deepEqual(
      lines().map((line) => [line["message"], line["reason"], line["changed"]]),
      [["the configuration was reloaded", "SIGHUP", ["greeting", "token"]]],
    );
    assert.ok(!JSON.stringify(lines()).includes("hunter2"));
  });

  test("that changed nothing is seen by whoever looks closely", async (t) => {
    const { log, reloader, lines } = await createScene(t);
    await reloader.reload("SIGHUP");
    assert.deepEqual(lines(), []);
    log.level = "debug";
    await reloader.reload("SIGHUP");
    assert.deepEqual(
      lines().map((line) => [line["level"], line["message"], line["outcome"]]),
      [["debug", "configuration loaded again", "unchanged"]],
    );
  });

  test("with faults reaches nobody, and says all of them", async (t) => {
    const { reloader, live, write, lines } = await createScene(t);
    write("GREETING=moin\nLOG_LEVEL=loud\nPORT=x");
    assert.equal((await reloader.reload("a file changed")).outcome, "refused");
    assert.equal(live.current.greeting, "hello");
    const [line] = lines();
    assert.equal(line?.["level"], "warn");
    assert.equal((line["faults"] as string[]).length, 2);
    assert.match(String(line["faults"]), /logLevel: expected one of .*\.env/);
  });

  test("says once what waits for a restart", async (t) => {
    const { reloader, write, lines } = await createScene(t);
    write("PORT=4000");
    await reloader.reload("a file changed");
    await reloader.reload("a file changed");
    write("PORT=5000");
    await reloader.reload("a file changed");
    write("");
    await reloader.reload("a file changed");
    const waiting = lines().filter((line) => line["message"] === "changes of the configuration wait for a restart");
    assert.deepEqual(
      waiting.map((line) => line["keys"]),
      [["port"], ["port"]],
    );
  });

  test("is worked by actions, and leaves a trace in the status", async (t) => {
    const { reloader, write, clock } = await createScene(t);
    const admin = await createAdminCaller(
      (action) => configActions(action, { status: () => reloader.status, reload: (reason) => reloader.reload(reason) }),
      clock,
    );
    assert.deepEqual((await admin.call("GET", "/-/config")).body, { pending: [] });
    write("GREETING=moin\nPORT=4000");
    const pending = [{ key: "port", now: "3000", wanted: "4000", source: ".env" }];
    const reload = await admin.call("POST", "/-/config/reload");
    assert.deepEqual(reload.body, { outcome: "changed", changed: ["greeting"], faults: [], pending });
    assert.deepEqual((await admin.call("GET", "/-/config")).body, {
      pending,
      last: { at: "2026-01-01T00:00:00.000Z", reason: "operator ada@desk", outcome: "changed", faults: [] },
    });
  });
});
