import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { closeSource, discardResult, openSource } from "#src/http/pipeline/stream-source";
import { reply } from "#src/http/reply";
import { gate } from "../support.ts";

async function* chunks(onClose: () => void): AsyncGenerator<string> {
  try {
    yield "a";
    yield "b";
  } finally {
    onClose();
  }
}

async function drain(source: ReturnType<typeof openSource>): Promise<string> {
  let text = "";
  for (;;) {
    const { done, value } = await source.next();
    if (done === true) return text;
    text += typeof value === "string" ? value : Buffer.from(value).toString();
  }
}

describe("a stream source", () => {
  it("gives its chunks, whatever kind it is", async () => {
    assert.equal(await drain(openSource(chunks(() => undefined))), "ab");
    assert.equal(await drain(openSource(Readable.from([Buffer.from("a"), Buffer.from("b")]))), "ab");
    assert.equal(await drain(openSource(new Response("ab").body as ReadableStream<Uint8Array>)), "ab");
  });

  it("is closed in the middle", async () => {
    const { opened, open } = gate();
    const source = openSource(chunks(open));
    await source.next();
    source.close();
    await opened;
    assert.equal((await source.next()).done, true);
  });

  it("CVE-2026-25224: a web stream is cancelled while its next chunk is awaited", async () => {
    const { opened, open } = gate();
    const source = openSource(new ReadableStream<Uint8Array>({ pull: () => new Promise<void>(() => {}), cancel: open }));
    const next = source.next();
    source.close();
    await opened;
    assert.equal((await next).done, true);
  });

  it("CVE-2023-26108: a Node stream is destroyed while its next chunk is awaited", async () => {
    const { opened, open } = gate();
    const stream = new Readable({ read: () => undefined, destroy: (error, callback) => (open(), callback(error)) });
    const source = openSource(stream);
    const next = source.next().catch(() => undefined);
    source.close();
    await opened;
    await next;
    assert.ok(stream.destroyed);
  });

  it("is never a reason to throw when it is closed", async () => {
    const failing = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error("next")),
        return: () => Promise.reject(new Error("return")),
      }),
    };
    openSource(failing).close();
    closeSource(failing);
    const sloppy = { [Symbol.asyncIterator]: () => ({ next: () => assert.fail("next"), return: () => assert.fail("return") }) };
    openSource(sloppy).close();
    const cancelled = new ReadableStream<Uint8Array>({ cancel: () => Promise.reject(new Error("cancel")) });
    closeSource(cancelled);
    const locked = new ReadableStream<Uint8Array>();
    locked.getReader();
    closeSource(locked);
    await assert.rejects(async () => openSource(locked).next(), TypeError);
  });
});

describe("a result that is not sent", () => {
  it("has its stream closed", () => {
    const stream = Readable.from(["a"]);
    discardResult(reply.stream(stream));
    assert.ok(stream.destroyed);
  });

  it("has its response's body cancelled", async () => {
    const { opened, open } = gate();
    discardResult(new Response(new ReadableStream({ cancel: open })));
    await opened;
  });

  it("may be anything else", () => {
    for (const result of [undefined, null, 1, "a", {}, reply.empty(), reply.text("a"), reply.json(200, { a: 1 }), new Response()])
      discardResult(result);
    const value = Readable.from(["a"]);
    discardResult(value);
    assert.ok(!value.destroyed, "only what would have been streamed is ours to close");
    value.destroy();
  });
});
