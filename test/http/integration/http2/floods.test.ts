import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ACK, END_HEADERS, END_STREAM, ERROR, FrameClient, TYPE, frame, request, uint32 } from "../../http2-frames.ts";
import { type SecureServer, serveSecure } from "../../secure-support.ts";

const HEAD = END_HEADERS | END_STREAM;

/** Lets the server's watch see what a client does until the connection has ended, for less time than an idle one is given. */
async function watchUntilClosed(server: SecureServer, client: FrameClient, send: () => void): Promise<void> {
  for (let round = 0; round < 50 && !client.ended; round++) {
    send();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    server.clock.advance(1_000);
  }
  await client.closed();
}

async function isServed(server: SecureServer): Promise<boolean> {
  const honest = await FrameClient.open(server.port);
  honest.send(frame(TYPE.headers, HEAD, 1, request()));
  const status = await honest.status(1);
  honest.close();
  return status === 200;
}

const FLOODS: Readonly<Record<string, Uint8Array>> = {
  "PING (CVE-2019-9512)": frame(TYPE.ping, 0, 0, Buffer.alloc(8)),
  "acknowledged PING": frame(TYPE.ping, ACK, 0, Buffer.alloc(8)),
  "SETTINGS (CVE-2019-9515)": frame(TYPE.settings, 0, 0, Buffer.from([0, 3, 0, 0, 0, 100])),
  "empty SETTINGS": frame(TYPE.settings, 0, 0),
  "PRIORITY (CVE-2019-9513)": frame(TYPE.priority, 0, 1, Buffer.from([0, 0, 0, 3, 16])),
  WINDOW_UPDATE: frame(TYPE.window, 0, 0, uint32(1)),
  "unknown frames": frame(0xee, 0, 0, Buffer.alloc(16)),
};

describe("a flood of frames that carry nothing", () => {
  for (const [what, one] of Object.entries(FLOODS)) {
    it(`of ${what} ends its connection, and the others are served`, async (t) => {
      const server = await serveSecure(t);
      const client = await FrameClient.open(server.port);
      const burst = Buffer.concat(Array.from({ length: Math.ceil(150_000 / one.length) }, () => one));
      await watchUntilClosed(server, client, () => client.send(burst));
      assert.ok(await isServed(server));
    });
  }
});

describe("lesson CVE-2023-44487: rapid reset", () => {
  it("is told to calm down after some hundred, and none of it is answered 5xx", async (t) => {
    const server = await serveSecure(t);
    const client = await FrameClient.open(server.port);
    for (let stream = 1; stream < 1_001 && !client.ended; stream += 2) {
      client.send(frame(TYPE.headers, HEAD, stream, request("/wait")), frame(TYPE.reset, 0, stream, uint32(8)));
      if (stream % 50 === 1) await nextTurn();
    }
    assert.equal(await client.goaway(), ERROR.calm);
    await client.closed();
    assert.ok(server.waiting.every((signal) => signal.aborted));
    assert.ok(await isServed(server));
  });

  it("counts also resets that the client makes the server send (CVE-2025-8671)", async (t) => {
    const server = await serveSecure(t);
    const client = await FrameClient.open(server.port);
    for (let stream = 1; stream < 1_001 && !client.ended; stream += 2) {
      client.send(frame(TYPE.headers, HEAD, stream, request("/wait")), frame(TYPE.window, 0, stream, uint32(2 ** 31 - 1)));
      if (stream % 50 === 1) await nextTurn();
    }
    await client.closed();
    assert.ok(await isServed(server));
  });
});

it("lesson CVE-2024-27983: a flood of CONTINUATION ends its connection without its head ever ending", async (t) => {
  const server = await serveSecure(t);
  const client = await FrameClient.open(server.port);
  client.send(frame(TYPE.headers, END_STREAM, 1, request()));
  for (let count = 0; count < 200 && !client.ended; count++)
    client.send(frame(TYPE.continuation, 0, 1, Buffer.from([0, 1, 0x61, 1, 0x62])));
  await client.closed();
  assert.ok(await isServed(server));
});

it("more streams at once than were agreed are refused, the others go on", async (t) => {
  const server = await serveSecure(t);
  const client = await FrameClient.open(server.port);
  for (let stream = 1; stream < 221; stream += 2) client.send(frame(TYPE.headers, HEAD, stream, request("/wait")));
  await client.find(({ type, stream }) => type === TYPE.reset && stream > 200);
  while (server.waiting.length < 100) await nextTurn();
  await nextTurn();
  assert.equal(server.waiting.length, 100);
  client.close();
  while (server.waiting.some((signal) => !signal.aborted)) await nextTurn();
});
