import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { RequestView } from "#src/http/contract";
import { type Reply, reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { watchFinished } from "../../support.ts";
import {
  ACK,
  END_HEADERS,
  END_STREAM,
  ERROR,
  FrameClient,
  PREFACE,
  TYPE,
  block,
  frame,
  request,
  uint32,
} from "../../http2-frames.ts";
import { type SecureServer, serveSecure } from "../../secure-support.ts";

const HEAD = END_HEADERS | END_STREAM;

/** What is sent on a new connection, and how it must end: `connection` with one of these codes (or no word), `stream` 1 by a reset. */
interface Attack {
  readonly frames: readonly Uint8Array[];
  readonly connection?: readonly number[];
  readonly stream?: readonly number[];
  readonly status?: number;
}

const head = (payload: Uint8Array, flags: number = HEAD): Uint8Array[] => [frame(TYPE.headers, flags, 1, payload)];
const withField = (name: string, value = "x"): Attack => ({
  frames: head(request("/x", [[name, value]])),
  stream: [ERROR.protocol],
});

const ATTACKS: Readonly<Record<string, Attack>> = {
  "a head of HPACK garbage (RFC 9113, 4.3)": {
    frames: head(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])),
    connection: [ERROR.compression],
  },
  "a head whose HPACK index does not exist": { frames: head(Buffer.from([0xfe])), connection: [ERROR.compression] },
  "a head on stream 0": { frames: [frame(TYPE.headers, HEAD, 0, request())], connection: [ERROR.protocol] },
  "a head on an even stream (5.1.1)": { frames: [frame(TYPE.headers, HEAD, 2, request())], connection: [ERROR.protocol] },
  "padding longer than the frame (6.1)": {
    frames: [frame(TYPE.headers, END_HEADERS | 8, 1, Buffer.concat([Buffer.from([255]), request()]))],
    connection: [ERROR.protocol, ERROR.frameSize],
  },
  "a frame longer than agreed (4.2)": {
    frames: [frame(TYPE.data, 0, 1, Buffer.alloc(16_385))],
    connection: [ERROR.frameSize, ERROR.protocol, ERROR.streamClosed],
  },
  "DATA on stream 0 (6.1)": { frames: [frame(TYPE.data, 0, 0, Buffer.alloc(1))], connection: [ERROR.protocol] },
  "DATA on an idle stream (5.1)": {
    frames: [frame(TYPE.data, 0, 7, Buffer.alloc(1))],
    connection: [ERROR.protocol, ERROR.streamClosed],
  },
  "CONTINUATION of nothing (6.10)": {
    frames: [frame(TYPE.continuation, END_HEADERS, 1, request())],
    connection: [ERROR.protocol],
  },
  "another frame between a head and its continuation (6.10)": {
    frames: [frame(TYPE.headers, END_STREAM, 1, request()), frame(TYPE.ping, 0, 0, Buffer.alloc(8))],
    connection: [ERROR.protocol],
  },
  "WINDOW_UPDATE of zero for the connection (6.9)": {
    frames: [frame(TYPE.window, 0, 0, uint32(0))],
    connection: [ERROR.protocol],
  },
  "WINDOW_UPDATE of zero for a stream (6.9)": {
    frames: [...head(request("/wait")), frame(TYPE.window, 0, 1, uint32(0))],
    connection: [ERROR.protocol],
    stream: [ERROR.protocol],
  },
  "a window that overflows (6.9.1)": { frames: [frame(TYPE.window, 0, 0, uint32(2 ** 31 - 1))], connection: [ERROR.flowControl] },
  "a stream's window that overflows (6.9.1)": {
    frames: [...head(request("/wait")), frame(TYPE.window, 0, 1, uint32(2 ** 31 - 1))],
    stream: [ERROR.flowControl],
    connection: [ERROR.flowControl],
  },
  "WINDOW_UPDATE of a wrong length": { frames: [frame(TYPE.window, 0, 0, Buffer.alloc(3))], connection: [ERROR.frameSize] },
  "PING of a wrong length (6.7)": { frames: [frame(TYPE.ping, 0, 0, Buffer.alloc(7))], connection: [ERROR.frameSize] },
  "PING on a stream (6.7)": { frames: [frame(TYPE.ping, 0, 1, Buffer.alloc(8))], connection: [ERROR.protocol] },
  "SETTINGS of a wrong length (6.5)": { frames: [frame(TYPE.settings, 0, 0, Buffer.alloc(5))], connection: [ERROR.frameSize] },
  "SETTINGS on a stream (6.5)": { frames: [frame(TYPE.settings, 0, 1)], connection: [ERROR.protocol] },
  "an acknowledgement with content (6.5)": {
    frames: [frame(TYPE.settings, ACK, 0, Buffer.alloc(6))],
    connection: [ERROR.frameSize],
  },
  "SETTINGS with an impossible window (6.5.2)": {
    frames: [frame(TYPE.settings, 0, 0, Buffer.from([0, 4, 0xff, 0xff, 0xff, 0xff]))],
    connection: [ERROR.flowControl],
  },
  "SETTINGS with an impossible frame size (6.5.2)": {
    frames: [frame(TYPE.settings, 0, 0, Buffer.from([0, 5, 0, 0, 0, 1]))],
    connection: [ERROR.protocol],
  },
  "PUSH_PROMISE from a client (8.4)": {
    frames: [frame(TYPE.push, END_HEADERS, 1, Buffer.concat([uint32(2), request()]))],
    connection: [ERROR.protocol],
  },
  "RST_STREAM on stream 0 (6.4)": { frames: [frame(TYPE.reset, 0, 0, uint32(8))], connection: [ERROR.protocol] },
  "RST_STREAM on an idle stream (6.4)": { frames: [frame(TYPE.reset, 0, 9, uint32(8))], connection: [ERROR.protocol] },
  "PRIORITY that depends on itself": {
    frames: [frame(TYPE.priority, 0, 3, Buffer.from([0, 0, 0, 3, 0])), ...head(request())],
    status: 200,
  },
  "a field in upper case (8.2.1)": withField("X-Upper"),
  "a field with a line end in its value: it is left out (8.2.1)": {
    frames: head(request("/field", [["x-field", "a\r\nx-injected: b"]])),
    status: 404,
  },
  "a field with NUL in its value: it is left out": { frames: head(request("/field", [["x-field", "a\0b"]])), status: 404 },
  "a connection field (8.2.2)": withField("connection", "close"),
  "transfer-encoding (8.2.2)": withField("transfer-encoding", "chunked"),
  "te that is not trailers (8.2.2)": withField("te", "gzip"),
  "an unknown pseudo-header (8.3)": withField(":unknown"),
  "a pseudo-header behind a field (8.3)": {
    frames: head(
      block([
        [":method", "GET"],
        [":scheme", "https"],
        ["x-a", "b"],
        [":path", "/x"],
        [":authority", "localhost"],
      ]),
    ),
    stream: [ERROR.protocol],
  },
  "a pseudo-header twice (8.3)": withField(":path", "/y"),
  "no path (8.3.1)": {
    frames: head(
      block([
        [":method", "GET"],
        [":scheme", "https"],
        [":authority", "localhost"],
      ]),
    ),
    stream: [ERROR.protocol],
  },
  "an empty path (8.3.1)": {
    frames: head(
      block([
        [":method", "GET"],
        [":scheme", "https"],
        [":authority", "localhost"],
        [":path", ""],
      ]),
    ),
    stream: [ERROR.protocol],
  },
  "no method": {
    frames: head(
      block([
        [":scheme", "https"],
        [":authority", "localhost"],
        [":path", "/x"],
      ]),
    ),
    stream: [ERROR.protocol],
  },
  "an empty method (lesson CVE-2026-47219)": { frames: head(request("/x", [], "")), stream: [ERROR.protocol] },
  "a body shorter than its length (8.1.1)": {
    frames: [
      ...head(
        request(
          "/echo",
          [
            ["content-length", "5"],
            ["content-type", "application/json"],
          ],
          "POST",
        ),
        END_HEADERS,
      ),
      frame(TYPE.data, END_STREAM, 1, Buffer.from("{}")),
    ],
    stream: [ERROR.protocol],
  },
  "a body longer than its length (8.1.1)": {
    frames: [
      ...head(
        request(
          "/echo",
          [
            ["content-length", "1"],
            ["content-type", "application/json"],
          ],
          "POST",
        ),
        END_HEADERS,
      ),
      frame(TYPE.data, END_STREAM, 1, Buffer.from("{}")),
    ],
    stream: [ERROR.protocol],
    connection: [ERROR.internal],
  },
  "DATA behind the end of a stream (5.1)": {
    frames: [...head(request("/wait")), frame(TYPE.data, 0, 1, Buffer.alloc(1))],
    connection: [ERROR.streamClosed, ERROR.protocol],
    stream: [ERROR.streamClosed],
  },
  "host and :authority that differ": { frames: head(request("/x", [["host", "evil.example"]])), status: 400 },
  "an absolute path (lesson CVE-2026-33732)": { frames: head(request("http://localhost/x")), stream: [ERROR.protocol] },
  "a fragment in the path (lesson CVE-2026-84363)": { frames: head(request("/x#y")), status: 400 },
  "no host at all": {
    frames: head(
      block([
        [":method", "GET"],
        [":scheme", "https"],
        [":path", "/x"],
      ]),
    ),
    stream: [ERROR.protocol],
  },
  "a host that is none": {
    frames: head(
      block([
        [":method", "GET"],
        [":scheme", "https"],
        [":authority", "a@evil"],
        [":path", "/x"],
      ]),
    ),
    stream: [ERROR.protocol],
  },
  "authorization twice": {
    frames: head(
      request("/x", [
        ["authorization", "a"],
        ["authorization", "b"],
      ]),
    ),
    status: 400,
  },
  "GET with a body": { frames: head(request(), END_HEADERS), status: 400 },
  "an unknown frame type (4.1: to be ignored)": {
    frames: [frame(0xee, 0, 0, Buffer.alloc(20)), ...head(request())],
    status: 200,
  },
};

async function start(t: TestContext): Promise<SecureServer> {
  const seen = ({ request: { headers } }: { readonly request: RequestView }): Reply =>
    reply.json(headers["x-field"] === undefined && headers["x-injected"] === undefined ? 404 : 500, {});
  return serveSecure(t, [route.get("/field", { auth: "public" }, seen)]);
}

describe("lesson CVE-2025-59465: an HTTP/2 client that breaks the protocol", () => {
  it("ends its stream or its connection and nothing else, and gets no 5xx", async (t) => {
    const server = await start(t);
    const finished = watchFinished(t, "/x");
    const honest = await FrameClient.open(server.port);
    for (const [what, attack] of Object.entries(ATTACKS)) {
      const client = await FrameClient.open(server.port);
      client.send(...attack.frames);
      await judge(what, client, attack);
      client.close();
    }
    honest.send(frame(TYPE.headers, HEAD, 1, request()));
    assert.equal(await honest.status(1), 200, "the others are served as before");
    assert.deepEqual(
      finished.seen.filter(({ status }) => status >= 500),
      [],
    );
    honest.close();
  });

  it("with no preface, half a preface, or HTTP/1 where HTTP/2 was agreed is cut", async (t) => {
    const server = await start(t);
    for (const preface of ["GET / HTTP/1.1\r\nHost: a\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "\0".repeat(64)]) {
      const client = await FrameClient.open(server.port, Buffer.from(preface));
      await client.closed();
    }
    const late = await FrameClient.open(server.port, PREFACE.subarray(0, 10));
    // The connection has to have been taken before time passes for it.
    while (server.server.connections === 0) await nextTurn();
    server.clock.advance(12_000);
    await late.closed();
  });
});

async function judge(what: string, client: FrameClient, { connection, stream, status }: Attack): Promise<void> {
  const verdict = await client.find(
    ({ type, stream: id }) =>
      type === TYPE.goaway ||
      ((type === TYPE.reset || type === TYPE.headers) && id === 1 && (stream !== undefined || status !== undefined)),
  );
  if (status !== undefined) return assert.equal(await client.status(1), status, what);
  if (verdict?.type === TYPE.goaway)
    assert.ok(
      connection?.includes(verdict.payload.readUInt32BE(4)) === true,
      `${what}: GOAWAY ${verdict.payload.readUInt32BE(4)}`,
    );
  else if (verdict?.type === TYPE.reset)
    assert.ok(stream?.includes(verdict.payload.readUInt32BE(0)) === true, `${what}: RST ${verdict.payload.readUInt32BE(0)}`);
  else
    assert.ok(
      verdict === undefined && connection !== undefined,
      `${what}: neither reset nor ended, but ${JSON.stringify(verdict)}`,
    );
}
