import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { BodyReader, type IncomingBody } from "#src/http/node/body";
import type { LiveExchange } from "#src/http/pipeline/exchange";
import { codeOf } from "../multipart/support.ts";

/** A message as Node hands it over, its body pushed by the test. */
function createMessage(complete = false): IncomingBody {
  return Object.assign(new Readable({ read: () => undefined }), {
    complete,
    rawTrailers: [],
  });
}
const whole = { limit: 10, parse: (bytes: Buffer): unknown => bytes.toString() };
const createExchange = (settled = false): LiveExchange => ({ settled, body: undefined }) as unknown as LiveExchange;

describe("a body that is read whole", () => {
  it("is put into the exchange as what it says, whatever the pieces were", async () => {
    for (const pieces of [["abcd"], ["a", "bc", "d"], []]) {
      const message = createMessage();
      const exchange = createExchange();
      const read = new BodyReader(message, () => undefined).whole(exchange, whole);
      for (const piece of pieces) message.push(piece);
      message.push(null);
      await read;
      assert.equal(exchange.body, pieces.join(""));
    }
  });

  it("fails with what its reading fails with", async () => {
    const message = createMessage();
    const refuse = (): never => {
      throw new TypeError("no such thing");
    };
    const read = new BodyReader(message, () => undefined).whole(createExchange(), {
      limit: 10,
      parse: refuse,
    });
    message.push(null);
    assert.equal(await codeOf(read), "TypeError: no such thing");
  });

  it("is neither kept nor read when its request was answered meanwhile", async () => {
    const message = createMessage();
    const exchange = createExchange(true);
    const read = new BodyReader(message, () => undefined).whole(exchange, {
      limit: 10,
      parse: () => assert.fail("parsed"),
    });
    message.push("abc");
    message.push(null);
    await read;
    assert.equal(exchange.body, undefined);
  });
});

describe("a body that is read as a stream", () => {
  it("is interrupted also when it came whole, but its connection was reset before it was read", async () => {
    const message = createMessage(true);
    const stream = new BodyReader(message, () => undefined).stream(10)[Symbol.asyncIterator]();
    message.push("abc");
    message.destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
    assert.equal(await codeOf(stream.next()), "E_HTTP_BODY_INTERRUPTED");
  });
});
