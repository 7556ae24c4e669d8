import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { readHead } from "#src/http/node/http2/read-head";
import { FrameClient, END_HEADERS, END_STREAM, TYPE, frame, request } from "../http2-frames.ts";
import { serveSecure } from "../secure-support.ts";

const pseudo = (scheme = "https"): string[] => [":method", "GET", ":scheme", scheme, ":authority", "a.example", ":path", "/x"];

/** The status of a head's refusal; undefined when it is taken. */
function refusedWith(raw: readonly string[]): number | undefined {
  const head = readHead(raw, true);
  return "code" in head ? head.status : undefined;
}

describe("the head of an HTTP/2 request", () => {
  it("may have as many bytes as over HTTP/1 and no more, however they are spread: 431", () => {
    const used = pseudo().reduce((sum, text) => sum + text.length, 0) + 4 * 4;
    const room = 16_384 - used;
    assert.equal(refusedWith([...pseudo(), "x", "y".repeat(room - 5)]), undefined);
    assert.equal(refusedWith([...pseudo(), "x", "y".repeat(room - 4)]), 431);
    const many = Array.from({ length: 400 }, (_, index) => [`x-field-${index}`, "y".repeat(40)]).flat();
    assert.equal(refusedWith([...pseudo(), ...many]), 431);
    const crumbs = Array.from({ length: 400 }, () => ["cookie", "y".repeat(40)]).flat();
    assert.equal(refusedWith([...pseudo(), ...crumbs]), 431, "cookies one by one");
  });

  it("with more than that is answered 431 on a connection that goes on", async (t) => {
    const server = await serveSecure(t);
    const client = await FrameClient.open(server.port);
    const long = request(
      "/x",
      Array.from({ length: 5 }, (_, index) => [`x-field-${index}`, "y".repeat(3_500)] as const),
    );
    const begin = frame(TYPE.headers, END_STREAM, 1, long.subarray(0, 16_384));
    client.send(begin, frame(TYPE.continuation, END_HEADERS, 1, long.subarray(16_384)));
    const body = await client.find(({ type, stream }) => type === TYPE.data && stream === 1);
    assert.match(body?.payload.toString() ?? "", /"status":431.*"code":"E_HTTP_HEADERS_TOO_LARGE"/);
    client.send(frame(TYPE.headers, END_HEADERS | END_STREAM, 3, request()));
    assert.equal(await client.status(3), 200);
    client.close();
  });

  it("has a scheme of the web: a gateway's http or https, and nothing else", () => {
    for (const scheme of ["https", "http"]) assert.equal(refusedWith(pseudo(scheme)), undefined, scheme);
    for (const scheme of ["ftp", "", "javascript", "https:"]) assert.equal(refusedWith(pseudo(scheme)), 400, scheme);
  });
});
