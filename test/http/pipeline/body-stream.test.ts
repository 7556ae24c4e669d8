import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keepError } from "#src/http/pipeline/body-stream";

async function* failing(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("a");
  throw new Error("cut");
}

async function read(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

describe("a body stream", () => {
  it("throws its error again to whoever reads on", async () => {
    const body = keepError(failing());
    await assert.rejects(read(body), /cut/);
    await assert.rejects(read(body), /cut/);
    const iterator = body[Symbol.asyncIterator]();
    await assert.rejects(iterator.next(), /cut/);
  });

  it("ends well when nothing went wrong", async () => {
    const body = keepError(
      (async function* () {
        yield Buffer.from("a");
        yield Buffer.from("b");
      })(),
    );
    assert.equal(await read(body), "ab");
    assert.equal(await read(body), "");
  });

  it("tells its source when the reader stops early", async () => {
    let closed = false;
    const body = keepError(
      (async function* () {
        try {
          yield Buffer.from("a");
          yield Buffer.from("b");
        } finally {
          closed = true;
        }
      })(),
    );
    for await (const chunk of body) {
      assert.equal(Buffer.from(chunk).toString(), "a");
      break;
    }
    assert.ok(closed);
  });
});
