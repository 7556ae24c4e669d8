import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { describe, test } from "node:test";
import { probePort } from "#src/app/port-probe";

const what = "The public server";

describe("port probe", () => {
  test("gives a free port back, and lets go of it", async () => {
    const port = await probePort({ host: "127.0.0.1", port: 0, what });
    assert.ok(port > 0);
    assert.equal(await probePort({ host: "127.0.0.1", port, what }), port);
  });

  test("finds a port in use, also by one that shares it", async () => {
    for (const reusePort of [false, true]) {
      const server = createServer().listen({ host: "127.0.0.1", port: 0, reusePort });
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      await assert.rejects(probePort({ host: "127.0.0.1", port, what }), {
        code: "E_APP_PORT_IN_USE",
        message: `The public server cannot listen on 127.0.0.1:${port}: another program does. Stop it, or set another port.`,
      });
      server.close();
      await once(server, "close");
    }
  });

  test("says why an address cannot be had", async () => {
    await assert.rejects(probePort({ host: "192.0.2.1", port: 0, what }), {
      code: "E_APP_PORT_REFUSED",
      message: /EADDRNOTAVAIL/,
    });
  });
});
