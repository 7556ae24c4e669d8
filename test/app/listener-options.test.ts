import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineApp } from "#src/app/define-app";
import { adminHosts, publicHosts, publicServerOptions } from "#src/app/listener-options";
import { baseOf, loadSettings } from "#src/app/settings";
import type { BaseConfig } from "#src/app/contract";
import { createRequestHandler, fetchInProcess, route } from "#src/http/mod";
import { createLogger, createMemorySink } from "#src/log/mod";

const settings = async (env: Readonly<Record<string, string>> = {}): Promise<BaseConfig> =>
  baseOf(await loadSettings(defineApp({ name: "a" }), { env }));

describe("listeners", () => {
  test("take proxies and hosts from the configuration", async () => {
    const config = await settings({ TRUSTED_PROXIES: "loopback", PROXY_HEADERS: "forwarded", ALLOWED_HOSTS: "example.com" });
    assert.deepEqual(publicServerOptions(config, undefined).proxies, { trusted: ["loopback"], headers: "forwarded" });
    assert.deepEqual(publicHosts(config), { allowedHosts: { names: ["example.com"] } });
    assert.deepEqual(publicHosts(await settings()), {});
  });

  test("of the admin answer probes by address and known names, and no page that rebinds its own name", async () => {
    const config = await settings({ ADMIN_HOST: "10.0.0.5", ADMIN_ALLOWED_HOSTS: "shop-admin.internal" });
    const handler = await createRequestHandler({
      routes: [route.get("/livez", { auth: "public" }, () => "ok")],
      log: createLogger({ sink: createMemorySink() }),
      allowedHosts: adminHosts(config),
    });
    const ask = async (host: string): Promise<number> =>
      (await fetchInProcess(handler, new Request("http://localhost/livez", { headers: { host } }))).status;
    for (const host of [
      "localhost:3001",
      "plinth.localhost",
      "10.0.0.5:3001",
      "10.42.0.17:3001",
      "[::1]:3001",
      "shop-admin.internal",
    ]) {
      assert.equal(await ask(host), 200, host);
    }
    for (const host of ["evil.example", "localhost.evil.example", "10-0-0-5.nip.io"]) assert.equal(await ask(host), 421, host);
  });
});
