import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { startServer } from "#src/testing/test-server";
import { type CommandOutcome, runCommand } from "../support/command.ts";
import { type Home, TINY_APP, makeHome } from "../support/home.ts";

const KEY = "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E";
const NEW_KEY = "kP8sWn4ZbQ6xYt3RvM9cHjL2fGdU7aEo";

/** Runs `plinth <words>` against a server, with the configuration that it has but for what is given. */
function operate(
  home: Home,
  adminUrl: string,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> {
  return runCommand(words, {
    folder: home.folder,
    env: { APP_KEY: KEY, ADMIN_PORT: new URL(adminUrl).port, ...env },
  });
}

describe("a verb that talks to the running program", () => {
  test("finds it by the configuration, and is let in by the root secret, also by the one before", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    await using server = await startServer({ app: home.path("app.ts"), threads: 1, env: { APP_KEY: KEY } });
    const outcome = await operate(home, server.adminUrl, ["status"]);
    assert.deepEqual([outcome.code, outcome.stderr], [0, ""]);
    assert.match(outcome.stdout, /^tiny 1\.2\.3 \(test\) is ready, up .*, process \d+, Node \d+/);
    const rotated = await operate(home, server.adminUrl, ["status", "--json"], { APP_KEY: `${NEW_KEY},${KEY}` });
    assert.deepEqual(JSON.parse(rotated.stdout).readiness, { ready: true, state: "ready", failures: {} });

    const stranger = await operate(home, server.adminUrl, ["status"], { APP_KEY: NEW_KEY });
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /^E_CLI_KEY_REFUSED: .*has another APP_KEY/);
    for (const { stdout, stderr } of [outcome, rotated, stranger]) assert.ok(!`${stdout}${stderr}`.includes(NEW_KEY));
    assert.equal(server.log.filter("an admin action was refused").length, 1);
  });

  test("ends with 1 where the program is not ready, and says why all the same", async () => {
    const store = '{ name: "store", check: () => Promise.reject(new Error("disk full")) }';
    using home = makeHome({ "app.ts": TINY_APP.replace("greeting: config.greeting", `$&, store: ${store}`) });
    for (const threads of [0, 1]) {
      await using server = await startServer({ app: home.path("app.ts"), threads, env: { APP_KEY: KEY } });
      const { code, stdout, stderr } = await operate(home, server.adminUrl, ["status"]);
      assert.deepEqual([code, stderr], [1, ""]);
      assert.match(stdout, /^tiny 1\.2\.3 \(test\) is failing, up .*\n {2}\S+: store: disk full\n$/);
      const asJson = await operate(home, server.adminUrl, ["status", "--json"]);
      assert.equal(asJson.code, 1);
      assert.equal((JSON.parse(asJson.stdout) as { readiness: { ready: boolean } }).readiness.ready, false);
    }
  });

  test("says that nothing listens, that something else does, and that the port is not known", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    const other = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
    await once(other, "listening");
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const foreign = await operate(home, url, ["status"]);
    assert.match(foreign.stderr, /^E_CLI_SERVER_FOREIGN: .*answered 200/);
    other.close();
    await once(other, "close");
    const absent = await operate(home, url, ["status"]);
    assert.match(absent.stderr, /^E_CLI_SERVER_UNREACHABLE: No program answers on .*: nothing listens there/);
    const unknown = await operate(home, url, ["status"], { ADMIN_PORT: "0" });
    assert.match(unknown.stderr, /^E_CLI_ADMIN_PORT_UNKNOWN: .*--admin-url/);
    assert.deepEqual([foreign.code, absent.code, unknown.code], [1, 1, 1]);
    const named = await operate(home, url, ["status", "--admin-url", url], { ADMIN_PORT: "0" });
    assert.match(named.stderr, /^E_CLI_SERVER_UNREACHABLE/);
  });

  test("reaches it also when the rest of the configuration, or the app, has been broken since", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    await using server = await startServer({ app: home.path("app.ts"), threads: 1, env: { APP_KEY: KEY } });
    home.write("config/default.yaml", "logLevel: loud\nnobodyKnowsThis: 1\n");
    home.write("app.ts", "export default {{");
    for (const words of [["status"], ["maintenance", "status"], ["log", "level", "debug"], ["config", "status"]]) {
      const { code, stderr } = await operate(home, server.adminUrl, words);
      assert.deepEqual([code, stderr], [0, ""], words.join(" "));
    }
    home.write("config/default.yaml", "logLevel: [\n");
    const broken = await operate(home, server.adminUrl, ["status"]);
    assert.equal(broken.code, 0);
    assert.match(broken.stderr, /^warning: left out of the configuration: .*config\/default\.yaml/);
  });

  test("says which of the few settings that it needs is faulty, and needs fewer with --admin-url", async () => {
    using home = makeHome({ "app.ts": TINY_APP });
    const url = "http://127.0.0.1:1";
    const env = { ADMIN_PORT: "many", LOG_LEVEL: "loud" };
    const faulty = await operate(home, url, ["status"], env);
    assert.match(faulty.stderr, /^E_CONFIG_INVALID: .* 1 fault to be corrected:\n {2}adminPort: /);
    const named = await operate(home, url, ["status", "--admin-url", url], env);
    assert.match(named.stderr, /^E_CLI_SERVER_UNREACHABLE/);
  });
});
