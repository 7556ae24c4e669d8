import assert from "node:assert/strict";
import { test } from "node:test";
import { defineConfig } from "#src/config/define-config";
import { loadConfig } from "#src/config/load-config";
import { faultLines, failureOf } from "./support/failure.ts";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({});

test("proxies and hosts are lists of addresses and of host patterns", async (t) => {
  const env = {
    TRUSTED_PROXIES: "loopback, 10.0.0.0/8,2001:db8::/32, unix",
    ALLOWED_HOSTS: "example.com,*.example.com,192.0.2.1",
  };
  const { values } = await loadConfig({ schema, env, folder: makeFolder(t) });
  assert.deepEqual(values.trustedProxies, ["loopback", "10.0.0.0/8", "2001:db8::/32", "unix"]);
  assert.deepEqual(values.allowedHosts, ["example.com", "*.example.com", "192.0.2.1"]);
});

test("a proxy or host that names nothing is refused at load, with its place in the list", async (t) => {
  const env = { TRUSTED_PROXIES: "10.0.0.1,proxy.internal", ALLOWED_HOSTS: "example.com:443", ADMIN_ALLOWED_HOSTS: "*" };
  const lines = faultLines((await failureOf(loadConfig({ schema, env, folder: makeFolder(t) }), "E_CONFIG_INVALID")).faults);
  assert.equal(lines.length, 3, lines.join("\n"));
  assert.match(lines.join("\n"), /\/trustedProxies\/1.*a network such as/s);
  assert.match(lines.join("\n"), /\/allowedHosts\/0.*without a port/s);
});
