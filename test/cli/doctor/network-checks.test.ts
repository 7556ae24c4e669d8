import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { networkChecks } from "#src/cli/doctor/network-checks";
import { portHolder } from "#src/cli/doctor/port-holder";
import { findingsOf, lookAt, makeSubject } from "../support/subject.ts";

describe("what is open to the network", () => {
  test("is nothing by default", async (t) => {
    assert.deepEqual(await findingsOf(networkChecks, await makeSubject(t)), []);
  });

  test("may be the admin server, which is told, or both on one port, which cannot be", async (t) => {
    for (const host of ["0.0.0.0", "::", "10.0.0.5"]) {
      const [first] = await findingsOf(networkChecks, await makeSubject(t, { env: { ADMIN_HOST: host } }));
      assert.equal(first, "warning admin-exposed", host);
    }
    for (const host of ["127.0.0.1", "127.0.0.53", "::1", "localhost"]) {
      const found = await findingsOf(networkChecks, await makeSubject(t, { env: { ADMIN_HOST: host } }));
      assert.ok(!found.includes("warning admin-exposed"), host);
    }
    const env = { HOST: "0.0.0.0", PORT: "45123", ADMIN_PORT: "45123" };
    assert.ok((await findingsOf(networkChecks, await makeSubject(t, { env }))).includes("error ports-equal"));
  });

  test("must not be everybody as a trusted proxy", async (t) => {
    for (const network of ["0.0.0.0/0", "::/0", "10.0.0.0/8,128.0.0.0/1", "2000::/3"]) {
      const found = await findingsOf(networkChecks, await makeSubject(t, { env: { TRUSTED_PROXIES: network } }));
      assert.deepEqual(found, ["error trusted-proxies-wide"], network);
    }
    for (const network of ["loopback", "private", "10.0.0.0/8", "192.0.2.1", "fd00::/8"]) {
      assert.deepEqual(await findingsOf(networkChecks, await makeSubject(t, { env: { TRUSTED_PROXIES: network } })), [], network);
    }
  });

  test("may be a port that somebody has, and who that is", async (t) => {
    const server = createServer().listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const [finding] = await lookAt(networkChecks, await makeSubject(t, { env: { HOST: "127.0.0.1", PORT: String(port) } }));
    assert.equal(finding?.id, "port-in-use");
    if (process.platform === "linux") assert.match(finding.what, new RegExp(`process ${process.pid} \\(`));
    assert.equal(portHolder(1), undefined);
  });
});
