import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import fc from "fast-check";
import { route } from "#src/http/route";
import { type TestServer, serve, statusesOf } from "../support.ts";
import { closeCodeOf, connect, frame, handshake, openRaw } from "../live/web-socket-client.ts";

/** A long run sets REPEAT: so many times as many inputs. */
const REPEAT = Number(process.env["REPEAT"] ?? 1);

const routes = [
  route.websocket("/echo", { auth: "public", maxMessage: "4kb" }, async (socket) => {
    for await (const message of socket) socket.send(message);
  }),
];

/** Whether somebody else is still served, in full. */
async function assertServes(t: TestContext, server: TestServer): Promise<void> {
  const client = await connect(t, server, "/echo");
  client.socket.send("still here");
  assert.deepEqual(await client.until(1), ["still here"]);
  client.socket.close();
  assert.equal((await client.closed).code, 1005);
}

async function settled(server: TestServer): Promise<void> {
  while (server.handler.live.size > 0) await new Promise((resolve) => setImmediate(resolve));
}

const FAULTS: readonly (readonly [string, Uint8Array, number])[] = [
  ["a frame without a mask", frame({ opcode: 1, masked: false, payload: "x" }), 1002],
  ["a reserved bit", frame({ opcode: 1, reserved: 4, payload: "x" }), 1002],
  ["all reserved bits", frame({ opcode: 1, reserved: 7, payload: "x" }), 1002],
  ["an opcode that is none", frame({ opcode: 3, payload: "x" }), 1002],
  ["a control opcode that is none", frame({ opcode: 11 }), 1002],
  ["a control frame in pieces", frame({ opcode: 9, fin: false, payload: "x" }), 1002],
  ["a control frame that is too long", frame({ opcode: 9, payload: "x".repeat(126) }), 1002],
  ["a continuation of nothing", frame({ opcode: 0, payload: "x" }), 1002],
  ["a message within a message", Buffer.concat([frame({ opcode: 1, fin: false }), frame({ opcode: 1 })]), 1002],
  ["text that is no UTF-8", frame({ opcode: 1, payload: Buffer.from([0xc3, 0x28]) }), 1007],
  ["text that is cut within a character", frame({ opcode: 1, payload: Buffer.from([0xe2, 0x82]) }), 1007],
  ["a message that is too large", frame({ opcode: 2, payload: Buffer.alloc(4_097) }), 1009],
  ["a message that says it is enormous", frame({ opcode: 2, claims: 2 ** 40 }), 1009],
  ["a length beyond what a number holds", frame({ opcode: 2, claims: 2 ** 60 }), 1009],
  [
    "a message that grows too large in pieces",
    Buffer.concat([
      frame({ opcode: 2, fin: false, payload: Buffer.alloc(3_000) }),
      frame({ opcode: 0, payload: Buffer.alloc(3_000) }),
    ]),
    1009,
  ],
  [
    "a message of endless empty pieces",
    Buffer.concat([frame({ opcode: 2, fin: false }), ...Array.from({ length: 2_000 }, () => frame({ opcode: 0, fin: false }))]),
    1008,
  ],
  ["a close frame of one byte", frame({ opcode: 8, payload: "x" }), 1002],
  ["a close code that may not be sent", frame({ opcode: 8, payload: Buffer.from([0x03, 0xed]) }), 1002],
  ["a close reason that is no UTF-8", frame({ opcode: 8, payload: Buffer.from([0x03, 0xe8, 0xff]) }), 1007],
];

describe("lesson: CVE-2022-21676: no frame ends the process", () => {
  for (const [what, bytes, code] of FAULTS) {
    it(`${what} ends its connection with ${code}`, async (t) => {
      const server = await serve(t, routes);
      const client = await openRaw(server, "/echo");
      client.send(bytes);
      const received = await client.until("\x88");
      client.socket.end();
      assert.equal(closeCodeOf(await client.closed()) ?? closeCodeOf(received), code);
      await assertServes(t, server);
      await settled(server);
    });
  }

  it("whatever bytes come behind a handshake, however they are cut", async (t) => {
    const server = await serve(t, routes);
    const opcode = fc.nat(15);
    const made = fc
      .record({
        fin: fc.boolean(),
        reserved: fc.constantFrom(0, 0, 0, 4),
        opcode,
        masked: fc.constantFrom(true, true, true, false),
        payload: fc.uint8Array({ maxLength: 200 }),
      })
      .map(frame);
    const bytes = fc
      .array(fc.oneof(made, fc.uint8Array({ maxLength: 64 })), { maxLength: 12 })
      .map((parts) => Buffer.concat(parts));
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 40 }), async (all, step) => {
        const client = await openRaw(server, "/echo");
        for (let at = 0; at < all.length; at += step) client.send(all.subarray(at, at + step));
        client.socket.end();
        await client.closed();
      }),
      { numRuns: 150 * REPEAT },
    );
    await assertServes(t, server);
    await settled(server);
    assert.deepEqual(server.lines, []);
  });

  it("whatever a handshake is made of", async (t) => {
    const server = await serve(t, routes);
    const value = fc.oneof(
      fc.constantFrom(
        "",
        "13",
        "websocket",
        "a, b",
        ",",
        "permessage-deflate; server_max_window_bits=99",
        "dGhlIHNhbXBsZSBub25jZQ==",
      ),
      fc.string({ maxLength: 40 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "")),
    );
    const header = fc.constantFrom(
      "Upgrade",
      "Connection",
      "Sec-WebSocket-Key",
      "Sec-WebSocket-Version",
      "Sec-WebSocket-Protocol",
      "Sec-WebSocket-Extensions",
      "Origin",
      "__proto__",
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(header, value, { noNullPrototype: true }), async (headers) => {
        const client = await server.open();
        client.send(handshake("/echo", headers));
        client.socket.end();
        const [status = 0] = statusesOf(await client.closed());
        assert.ok(status === 0 || status === 101 || (status >= 400 && status < 500), `answered ${status}`);
      }),
      { numRuns: 150 * REPEAT },
    );
    await assertServes(t, server);
    await settled(server);
    assert.deepEqual(server.lines, []);
  });

  it("lesson: CVE-2024-37890: thousands of headers on a handshake are refused", async (t) => {
    const server = await serve(t, routes);
    const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, index) => [`x-${index}`, "1"]));
    assert.deepEqual(statusesOf(await server.exchange(handshake("/echo", many))), [431]);
    await assertServes(t, server);
  });

  it("a message may come byte by byte", async (t) => {
    const server = await serve(t, routes);
    const client = await server.open();
    const bytes = Buffer.concat([Buffer.from(handshake("/echo")), frame({ opcode: 1, payload: "slowly" })]);
    for (const byte of bytes) client.send(Buffer.from([byte]));
    await client.until("slowly");
  });

  it("thousands of pings are answered or end their connection, and fill no memory", async (t) => {
    const server = await serve(t, routes);
    const client = await openRaw(server, "/echo");
    client.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame({ opcode: 9, payload: "x".repeat(125) })));
    for (let round = 0; round < 20; round++) {
      if (client.socket.destroyed) break;
      client.send(pings);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await assertServes(t, server);
    client.socket.destroy();
    await settled(server);
  });

  it("connections that leave at once leave nothing behind", async (t) => {
    const server = await serve(t, routes);
    for (let count = 0; count < 50; count++) {
      const client = await server.open();
      client.send(handshake("/echo"));
      client.socket.destroy();
    }
    await assertServes(t, server);
    await settled(server);
    while (server.server.connections > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
