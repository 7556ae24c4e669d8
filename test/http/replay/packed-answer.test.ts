import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { packAnswer, unpackAnswer } from "#src/http/replay/packed-answer";
import type { KeptAnswer } from "#src/http/replay/replay-rule";

const ANSWERS: Readonly<Record<string, KeptAnswer>> = {
  "a text": { kind: "answer", status: 200, headers: ["a", "grüße 😀"], body: "grüße 😀", etag: '"a"', modified: 1_000 },
  bytes: { kind: "answer", status: 201, headers: [], body: Buffer.from([0, 255, 128]), etag: undefined, modified: undefined },
  "no body": { kind: "answer", status: 204, headers: [], body: null, etag: undefined, modified: undefined },
  "an empty text": { kind: "answer", status: 200, headers: [], body: "", etag: undefined, modified: undefined },
  "a problem": {
    kind: "problem",
    status: 409,
    code: "E_A_B",
    title: "t",
    message: "m",
    faults: [{ in: "body", pointer: "/a", detail: "d" }],
    headers: { "retry-after": "1" },
  },
  "a bare problem": {
    kind: "problem",
    status: 404,
    code: "E_A_B",
    title: "t",
    message: "m",
    faults: undefined,
    headers: undefined,
  },
};

describe("a packed answer", () => {
  for (const [what, answer] of Object.entries(ANSWERS)) {
    it(`gives back ${what}`, () => assert.deepEqual(unpackAnswer(packAnswer(answer)), answer));
  }

  it("has no cookies and nothing that belongs to one exchange", () => {
    const headers = [
      "set-cookie",
      "a=secret",
      "x-request-id",
      "1",
      "location",
      "/a",
      "set-cookie",
      "b=secret",
      "age",
      "1",
      "server-timing",
      "a",
    ];
    const packed = packAnswer({ kind: "answer", status: 200, headers, body: null, etag: undefined, modified: undefined });
    assert.ok(!packed.head.includes("secret"));
    assert.deepEqual((unpackAnswer(packed) as { headers?: unknown }).headers, ["location", "/a"]);
  });

  it("survives a store that hands bytes back as a view of something larger", () => {
    const packed = packAnswer(ANSWERS["a text"] as KeptAnswer);
    const body = packed.body as Uint8Array;
    const larger = new Uint8Array(body.length + 20).fill(120);
    larger.set(body, 10);
    const again = unpackAnswer({ ...packed, body: larger.subarray(10, 10 + body.length) });
    assert.equal((again as { body?: unknown }).body, "grüße 😀");
  });
});
