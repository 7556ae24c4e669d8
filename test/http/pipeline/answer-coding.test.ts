import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import type { Coding } from "#src/http/compression/coding";
import type { Policies } from "#src/http/contract";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { decompress } from "../compression/decompress.ts";
import { createApp, gate } from "../support.ts";

const LONG = "long enough ".repeat(200);
const LIST = { items: Array.from({ length: 100 }, (_, id) => ({ id, name: "é" })) };
type Headers = Readonly<Record<string, string>>;

async function answer(result: unknown, headers: Headers = {}, policies: Policies = {}, method = "GET"): Promise<Response> {
  const app = await createApp([route.get("/a", { auth: "public", ...policies }, () => result)]);
  const response = await app.fetch("/a", { headers, method });
  assert.deepEqual(app.lines, []);
  return response;
}

async function textOf(response: Response): Promise<string> {
  const coding = response.headers.get("content-encoding") as Coding | null;
  const bytes = Buffer.from(await response.arrayBuffer());
  const length = response.headers.get("content-length");
  if (length !== null) assert.equal(length, String(bytes.length), "it is as long as it says");
  return (coding === null ? bytes : decompress(bytes, coding)).toString();
}

describe("an answer", () => {
  for (const [accept, coding] of [
    ["gzip", "gzip"],
    ["gzip, br", "br"],
    ["gzip, deflate, br, zstd", "zstd"],
    ["identity", null],
    ["gzip;q=0", null],
  ] as const) {
    it(`to Accept-Encoding: ${accept} is sent ${coding ?? "as it is"}`, async () => {
      for (const [result, text] of [
        [LIST, JSON.stringify(LIST)],
        [reply.json(202, LIST), JSON.stringify(LIST)],
        [reply.text(LONG), LONG],
        [reply.text("é".repeat(20_000)), "é".repeat(20_000)],
        [reply.stream(Readable.from([LONG, LONG]), { type: "text/csv" }), LONG + LONG],
        [new Response(LONG), LONG],
      ] as const) {
        const response = await answer(result, { "accept-encoding": accept });
        assert.equal(response.headers.get("content-encoding"), coding);
        assert.equal(response.headers.get("vary"), "accept-encoding");
        assert.equal(await textOf(response), text);
      }
    });
  }

  it("says what it depends on also to who asked for no coding", async () => {
    const response = await answer(LIST);
    assert.deepEqual([response.headers.get("content-encoding"), response.headers.get("vary")], [null, "accept-encoding"]);
    const cors = await answer(LIST, { origin: "https://a.example" }, { cors: { origins: ["https://a.example"] } });
    assert.equal(cors.headers.get("vary"), "origin, accept-encoding");
    const own = await answer(reply.json(200, LIST, { headers: { vary: "Accept-Encoding, x-a" } }));
    assert.equal(own.headers.get("vary"), "Accept-Encoding, x-a");
  });

  for (const [what, result] of Object.entries({
    "is short": () => reply.text("x".repeat(1_023)),
    "is compressed by itself": () => reply.text(LONG, { type: "image/png" }),
    "has a coding": () => reply.text(LONG, { headers: { "content-encoding": "x-own" } }),
    "must not be transformed": () => reply.text(LONG, { headers: { "cache-control": "max-age=5, no-transform" } }),
    "is a part": () => reply.text(LONG, { status: 206, headers: { "content-range": "bytes 0-1/2" } }),
    "has no type": () => new Response(Buffer.from(LONG)),
    "is to be saved as a file": () => reply.file(fileOf(LONG), { name: "a.txt" }),
    "is a stream of events": () => reply.stream(Readable.from([LONG]), { type: "text/event-stream" }),
    "has no body": () => reply.empty(200, { headers: { "content-type": "text/plain" } }),
  })) {
    it(`that ${what} is sent as it is`, async () => {
      const response = await answer(result(), { "accept-encoding": "gzip, br, zstd" });
      const coding = response.headers.get("content-encoding");
      assert.ok(coding === null || coding === "x-own", String(coding));
      assert.equal(response.headers.get("vary"), null);
      await response.arrayBuffer();
    });
  }

  it("of a kilobyte is compressed", async () => {
    const response = await answer(reply.text("x".repeat(1_024)), { "accept-encoding": "gzip" });
    assert.equal(response.headers.get("content-encoding"), "gzip");
  });

  it("to HEAD says the same, without the work", async () => {
    const response = await answer(LIST, { "accept-encoding": "br" }, {}, "HEAD");
    assert.deepEqual(
      [response.headers.get("content-encoding"), response.headers.get("content-length"), response.headers.get("vary")],
      ["br", null, "accept-encoding"],
    );
  });

  it("that is a file shown in place is compressed whole, and not in parts", async () => {
    const file = (): ReturnType<typeof reply.file> => reply.file(fileOf(LONG), { name: "a.css", inline: true, etag: "v1" });
    const whole = await answer(file(), { "accept-encoding": "br" });
    assert.deepEqual(
      ["content-encoding", "etag", "accept-ranges", "content-length"].map((name) => whole.headers.get(name)),
      ["br", '"v1~br"', null, null],
    );
    assert.equal(await textOf(whole), LONG);
    const part = await answer(file(), { "accept-encoding": "br", range: "bytes=0-3" });
    assert.deepEqual([part.status, part.headers.get("content-encoding"), part.headers.get("etag")], [206, null, '"v1"']);
    assert.equal(await part.text(), LONG.slice(0, 4));
  });

  it("has another tag in each coding, and 304 for the one that the caller has", async () => {
    const result = (): unknown => reply.json(200, LIST, { etag: "v1" });
    for (const [accept, tag] of [
      ["gzip", '"v1~gzip"'],
      ["br", '"v1~br"'],
      ["identity", '"v1"'],
    ] as const) {
      assert.equal((await answer(result(), { "accept-encoding": accept })).headers.get("etag"), tag);
      const same = await answer(result(), { "accept-encoding": accept, "if-none-match": tag });
      assert.deepEqual(
        [same.status, same.headers.get("etag"), same.headers.get("content-encoding"), same.headers.get("vary")],
        [304, tag, null, "accept-encoding"],
      );
    }
    assert.equal((await answer(result(), { "accept-encoding": "br", "if-none-match": '"v1~gzip"' })).status, 200);
  });
});

describe("the compress policy (BREACH)", () => {
  const coded = async (headers: Headers, compress?: boolean): Promise<boolean> => {
    const policies = compress === undefined ? {} : { compress };
    const response = await answer(LIST, { "accept-encoding": "gzip", ...headers }, policies);
    return response.headers.get("content-encoding") === "gzip";
  };

  it("by default leaves out what another site may have asked for with its visitor's credentials", async () => {
    for (const credentials of [
      { cookie: "session=1" },
      { authorization: "Basic YTpi" },
      { authorization: "Negotiate x" },
    ] as Headers[]) {
      assert.equal(await coded(credentials), false);
      for (const site of ["cross-site", "same-site", "", "SAME-ORIGIN", "same-origin, cross-site"])
        assert.equal(await coded({ ...credentials, "sec-fetch-site": site }), false, site);
      for (const site of ["same-origin", "none"])
        assert.equal(await coded({ ...credentials, "sec-fetch-site": site }), true, site);
    }
  });

  it("by default compresses what goes without credentials, or with a token that no browser sends by itself", async () => {
    assert.equal(await coded({}), true);
    assert.equal(await coded({ "sec-fetch-site": "cross-site" }), true);
    assert.equal(await coded({ authorization: "Bearer x" }), true);
  });

  it("false never compresses, true always does, event streams too", async () => {
    assert.equal(await coded({}, false), false);
    const plain = await answer(LIST, { "accept-encoding": "gzip" }, { compress: false });
    assert.equal(plain.headers.get("vary"), null);
    assert.equal(await coded({ cookie: "a=b", "sec-fetch-site": "cross-site" }, true), true);
    const events = [
      reply.stream(Readable.from(["data: 1\n\n"]), { type: "text/event-stream" }),
      reply.events(Readable.from([{ data: 1 }])),
    ];
    for (const stream of events) {
      const response = await answer(stream, { "accept-encoding": "br" }, { compress: true });
      assert.equal(response.headers.get("content-encoding"), "br");
      assert.match(await textOf(response), /data: 1\n\n$/);
    }
  });
});

describe("a compressed stream", () => {
  it("that is longer or shorter than it said breaks off", async () => {
    for (const length of [1_100, 1_300]) {
      const app = await createApp([
        route.get("/a", { auth: "public" }, () =>
          reply.stream(Readable.from(["x".repeat(1_200)]), { type: "text/plain", length }),
        ),
      ]);
      const response = await app.fetch("/a", { headers: { "accept-encoding": "gzip" } });
      await assert.rejects(response.arrayBuffer(), RangeError);
    }
  });

  it("is closed when its reader stops", async () => {
    const closed = gate();
    const source = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(Buffer.from(LONG)),
      cancel: () => closed.open(),
    });
    const response = await answer(reply.stream(source, { type: "text/plain" }), { "accept-encoding": "gzip" });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await closed.opened;
  });
});

function fileOf(text: string): Parameters<typeof reply.file>[0] {
  return { size: Buffer.byteLength(text), open: ({ start, end }) => Readable.from([Buffer.from(text).subarray(start, end)]) };
}
