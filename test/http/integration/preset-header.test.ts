import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { LimitRule } from "#src/http/contract";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { serve } from "../support.ts";

const ORIGIN = "https://app.example.com";
const limit: LimitRule = {
  name: "plain",
  stage: "address",
  count: 9,
  windowSeconds: 60,
  engine: { open: () => () => [{ allowed: true, remaining: 8, resetSeconds: 1, retryAfterSeconds: 0 }] },
};
const policies = { auth: "public", cors: { origins: [ORIGIN] }, limit } as const;
// The first answers with prebuilt header text, the second, which has a header of its own, through Node's own spelling.
const ROUTES = [
  route.get("/preset", policies, () => ({ grüße: 1 })),
  route.get("/spelled", policies, () => reply.json(200, { grüße: 1 }, { headers: { "x-own": "1" } })),
];

/** Headers of an answer by lower-case name, without those that differ from answer to answer; and its body. */
function read(bytes: string): { readonly status: string; readonly headers: Record<string, string>; readonly body: string } {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  const [head = "", body = ""] = text.split("\r\n\r\n");
  const [status = "", ...lines] = head.split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 2)]),
  );
  assert.match(headers["x-request-id"] ?? "", /^[0-9a-f-]{36}$/);
  assert.ok(Math.abs(Date.parse(headers["date"] ?? "") - Date.now()) < 5_000);
  for (const name of ["x-request-id", "date", "x-own"]) delete headers[name];
  return { status, headers, body };
}

describe("headers that are set as one text", () => {
  it("are what Node would have spelled, on a connection that goes on", async (t) => {
    const server = await serve(t, ROUTES);
    const answers: ReturnType<typeof read>[] = [];
    for (const path of ["/preset", "/spelled"]) {
      const client = await server.open();
      client.send(`GET ${path} HTTP/1.1\r\nHost: a\r\nOrigin: ${ORIGIN}\r\n\r\n`);
      answers.push(read(await client.until("1}")));
      client.socket.destroy();
    }
    const [preset, spelled] = answers;
    assert.deepEqual(preset, spelled);
    assert.equal(preset?.headers["connection"], "keep-alive");
    assert.equal(preset?.headers["keep-alive"], "timeout=65");
    assert.equal(preset?.headers["access-control-allow-origin"], ORIGIN);
    assert.equal(preset?.headers["ratelimit"], '"plain";r=8;t=1');
    assert.equal(preset?.headers["content-length"], String(Buffer.byteLength(preset?.body ?? "")));
  });

  for (const [what, request, closes] of [
    ["a client that asks to close", "GET /preset HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true],
    ["HTTP/1.0", "GET /preset HTTP/1.0\r\nHost: a\r\n\r\n", true],
    ["HEAD", "HEAD /preset HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", true],
  ] as const) {
    it(`leave ${what} to Node`, async (t) => {
      const server = await serve(t, ROUTES);
      const client = await server.open();
      client.send(request);
      const { status, headers, body } = read(await client.closed());
      assert.equal(status, "HTTP/1.1 200 OK");
      assert.equal(headers["connection"] === "close", closes);
      assert.equal(body, what === "HEAD" ? "" : JSON.stringify({ grüße: 1 }));
    });
  }

  it("answer pipelined requests in order", async (t) => {
    const server = await serve(t, ROUTES);
    const client = await server.open();
    const ask = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    client.send(
      ask("/preset") + ask("/spelled") + ask("/preset") + ask("/preset").replace("Host: a", "Host: a\r\nConnection: close"),
    );
    const text = Buffer.from(await client.closed(), "latin1").toString("utf8");
    assert.deepEqual(text.match(/HTTP\/1\.1 200|x-own/g), [
      "HTTP/1.1 200",
      "HTTP/1.1 200",
      "x-own",
      "HTTP/1.1 200",
      "HTTP/1.1 200",
    ]);
    assert.equal(text.match(/\{"grüße":1\}/g)?.length, 4);
  });
});
