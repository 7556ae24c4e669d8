import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CommandOutcome, runCommand } from "../support/command.ts";
import { makeHome } from "../support/home.ts";

const KEY = "wB3vT9qXm2Lk8RzYp5HsJd7NcF4gVa6E";
const APP = `
import { defineApp } from "plinth/app";
import { route, routes } from "plinth/http";

export default defineApp({
  name: "patient",
  routes: [() => routes(route.post("/drop", { auth: "public" }, () => "dropped"))],
  checks: [{ name: "the moon", examine: ({ config }) => config.port === 0
    ? [{ id: "moon-full", severity: "note", what: "the moon is full", why: "wolves", todo: "stay in" }] : [] }],
});
`;

async function doctor(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandOutcome> {
  using home = makeHome({ "app.ts": APP });
  return await runCommand(["doctor", ...words], {
    folder: home.folder,
    env: { PORT: "0", ADMIN_PORT: "0", APP_KEY: KEY, ...env },
  });
}

interface Told {
  readonly findings: readonly { readonly id: string; readonly severity: string }[];
  readonly ignored: readonly { readonly id: string; readonly reason: string }[];
}

describe("doctor", () => {
  test("ends with 0 when there is no fault, and tells warnings and the app's own findings", async () => {
    const { code, stdout, stderr } = await doctor([]);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^warning {2}route-public-write\n {2}anybody may change something: POST \/drop\n/m);
    assert.match(stdout, /^note {2}moon-full$/m);
    assert.match(stdout, /^0 errors, \d+ warnings?, \d+ notes?\n$/m);
    assert.equal((await doctor(["--strict"])).code, 1);
  });

  test("ends with 1 for a fault, looks at another environment, and is silent about what is meant so", async () => {
    const env = { TRUSTED_PROXIES: "0.0.0.0/0", LOG_LEVEL: "debug", DOCTOR_IGNORE: "route-public-write: that is the product" };
    const { code, stdout } = await doctor(["--env", "production", "--json"], env);
    assert.equal(code, 1);
    const { findings, ignored } = JSON.parse(stdout) as Told;
    const ids = new Set(findings.map(({ id }) => id));
    assert.ok(ids.has("trusted-proxies-wide") && ids.has("log-level-chatty") && !ids.has("route-public-write"));
    assert.deepEqual(
      ignored.map(({ id, reason }) => [id, reason]),
      [["route-public-write", "that is the product"]],
    );
  });

  test("tells every fault of a configuration with which the program would not start, and no secret", async () => {
    const { code, stdout } = await doctor(["--env", "production"], { LOG_LEVEL: "loud", APP_KEY: "hunter2-short" });
    assert.equal(code, 1);
    assert.match(stdout, /config-invalid\n {2}logLevel: expected one of/);
    assert.match(stdout, /config-invalid\n {2}appKey/);
    assert.ok(!stdout.includes("hunter2"));
    const weak = await doctor(["--env", "production"], { APP_KEY: "a".repeat(40) });
    assert.equal(weak.code, 1);
    assert.match(weak.stdout, /has fewer than 8 different characters/);
  });
});
