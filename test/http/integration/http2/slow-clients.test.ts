import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ACK, END_HEADERS, END_STREAM, FrameClient, PREFACE, TYPE, frame, request, uint32 } from "../../http2-frames.ts";
import { type SecureServer, serveSecure } from "../../secure-support.ts";

const HEAD = END_HEADERS | END_STREAM;
const CANCEL = 8;
const JSON_POST = request("/echo", [["content-type", "application/json"]], "POST");
/** Settings that open no window: nothing of a body may be sent. */
const NO_WINDOW = Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0]))]);

/** Lets so many seconds pass, something happening before each look; the connections get to say and hear what they want in each. */
async function pass(server: SecureServer, seconds: number, before: () => void = () => undefined): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    before();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    server.clock.advance(1_000);
  }
  for (let turn = 0; turn < 20; turn++) await nextTurn();
}

const isGreeted = (client: FrameClient): Promise<unknown> =>
  client.find(({ type, flags }) => type === TYPE.settings && flags === ACK);

/** What a client sends once, and then every second. */
interface SlowClient {
  readonly preface?: Uint8Array;
  readonly first: Uint8Array;
  readonly eachSecond?: Uint8Array;
}

const SLOW: Readonly<Record<string, SlowClient>> = {
  "begins a head and does not end it": { first: frame(TYPE.headers, END_STREAM, 1, request()) },
  "begins a frame and does not end it": { first: frame(TYPE.headers, HEAD, 1, request()).subarray(0, 20) },
  "ends no head behind an answered request": {
    first: Buffer.concat([frame(TYPE.headers, HEAD, 1, request()), frame(TYPE.headers, END_STREAM, 3, request())]),
  },
  "sends nothing of its body": { first: frame(TYPE.headers, END_HEADERS, 1, JSON_POST) },
  "sends a byte of its body a second": {
    first: frame(TYPE.headers, END_HEADERS, 1, JSON_POST),
    eachSecond: frame(TYPE.data, 0, 1, Buffer.from(" ")),
  },
  "opens no window for a big answer": { preface: NO_WINDOW, first: frame(TYPE.headers, HEAD, 1, request("/big")) },
  "opens no window for a tiny answer": { preface: NO_WINDOW, first: frame(TYPE.headers, HEAD, 1, request()) },
  "opens no window for a refusal": { preface: NO_WINDOW, first: frame(TYPE.headers, HEAD, 1, request("/x#y")) },
};

describe("an HTTP/2 connection whose client", () => {
  for (const [what, { preface, first, eachSecond }] of Object.entries(SLOW)) {
    it(`${what} is over within 13 seconds, and not at once`, async (t) => {
      const server = await serveSecure(t);
      const client = await FrameClient.open(server.port, preface);
      await isGreeted(client);
      client.send(first);
      const more = (): void => (eachSecond === undefined ? undefined : client.send(eachSecond));
      await pass(server, 8, more);
      assert.equal(client.ended, false);
      await pass(server, 5, more);
      await client.closed();
    });
  }

  it("takes nothing of its only answer is told by a reset before it ends", async (t) => {
    const server = await serveSecure(t);
    const client = await FrameClient.open(server.port, NO_WINDOW);
    client.send(frame(TYPE.headers, HEAD, 1, request("/big")));
    assert.equal(await client.status(1), 200);
    await pass(server, 13);
    assert.equal(await client.reset(1), CANCEL);
    await client.closed();
  });

  it("is idle but answers when it is asked keeps it for as long as over HTTP/1", async (t) => {
    const server = await serveSecure(t);
    const client = await FrameClient.open(server.port);
    await isGreeted(client);
    client.send(frame(TYPE.headers, HEAD, 1, request()));
    await client.status(1);
    let pings = 0;
    await pass(server, 60, () => {
      const asked = client.frames.filter(({ type, flags }) => type === TYPE.ping && flags === 0);
      for (const { payload } of asked.slice(pings)) client.send(frame(TYPE.ping, ACK, 0, payload));
      pings = asked.length;
    });
    assert.deepEqual([client.ended, pings], [false, 1]);
    client.send(frame(TYPE.headers, HEAD, 3, request()));
    assert.equal(await client.status(3), 200);
    client.close();
  });

  it("waits for an answer that takes long owes nothing", async (t) => {
    const server = await serveSecure(t);
    const client = await FrameClient.open(server.port);
    await isGreeted(client);
    client.send(frame(TYPE.headers, HEAD, 1, request("/wait")));
    while (server.waiting.length === 0) await nextTurn();
    await pass(server, 200);
    assert.equal(client.ended, false);
    client.close();
  });
});

describe("a stream that does not move", () => {
  const open = async (server: SecureServer): Promise<FrameClient> => {
    const client = await FrameClient.open(server.port, NO_WINDOW);
    client.send(frame(TYPE.headers, HEAD, 1, request("/big")), frame(TYPE.headers, HEAD, 3, request("/big")));
    assert.equal(await client.status(1), 200);
    assert.equal(await client.status(3), 200);
    return client;
  };
  const take = (client: FrameClient, stream: number) => (): void =>
    client.send(frame(TYPE.window, 0, 0, uint32(16_384)), frame(TYPE.window, 0, stream, uint32(16_384)));

  it("has longer while others of its connection do, for they may be what it waits for; then it is reset alone", async (t) => {
    const server = await serveSecure(t);
    const client = await open(server);
    const isReset = (stream: number): boolean => client.frames.some((one) => one.type === TYPE.reset && one.stream === stream);
    await pass(server, 55, take(client, 3));
    assert.equal(isReset(1), false);
    await pass(server, 8, take(client, 3));
    assert.equal(await client.reset(1), CANCEL);
    assert.deepEqual([isReset(3), client.ended], [false, false]);
    client.close();
  });

  it("has no longer once the others do not move either", async (t) => {
    const server = await serveSecure(t);
    const client = await open(server);
    await pass(server, 20, take(client, 3));
    assert.equal(client.ended, false);
    await pass(server, 13);
    await client.closed();
  });
});

it("one packet of a hundred requests begins a few at a time: others come in between", async (t) => {
  const server = await serveSecure(t);
  const client = await FrameClient.open(server.port);
  await isGreeted(client);
  const begun: number[] = [];
  client.send(...Array.from({ length: 90 }, (_, index) => frame(TYPE.headers, HEAD, 2 * index + 1, request("/wait"))));
  while (server.waiting.length < 90) {
    begun.push(server.waiting.length);
    await nextTurn();
  }
  begun.push(90);
  const most = Math.max(...begun.map((count, index) => count - (begun[index - 1] ?? 0)));
  assert.ok(most <= 16, `${most} began in one turn`);
  client.close();
  while (server.waiting.some((signal) => !signal.aborted)) await nextTurn();
});
