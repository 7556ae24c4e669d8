import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LineQueue } from "#src/log/line-queue";

const create = (highWater = 1_000, batch = 100): LineQueue => new LineQueue({ highWater, batch });
const lines = (...texts: string[]): Buffer => Buffer.from(texts.map((text) => `${text}\n`).join(""));

function drain(queue: LineQueue): string {
  let text = "";
  for (let batch = queue.current(); batch !== undefined; batch = queue.current()) {
    text += batch.toString();
    queue.advance(batch.length);
  }
  return text;
}

describe("a line queue", () => {
  test("gives lines and chunks in the order in which they came", () => {
    const queue = create();
    queue.add("1\n");
    queue.addChunk(lines("2", "3"));
    queue.add("ä\n");
    assert.equal(queue.bytes, 9);
    assert.equal(drain(queue), "1\n2\n3\nä\n");
    assert.equal(queue.bytes, 0);
    assert.equal(queue.current(), undefined);
  });

  test("gives the rest of a batch until all of it is written", () => {
    const queue = create();
    queue.add("abcdef\n");
    assert.equal(queue.current()?.toString(), "abcdef\n");
    queue.advance(2);
    queue.add("next\n");
    assert.equal(queue.current()?.toString(), "cdef\n");
    queue.advance(5);
    assert.equal(queue.current()?.toString(), "next\n");
  });

  test("drops whole lines beyond its high water, counting what is under way", () => {
    const queue = create(20);
    assert.ok(queue.add("123456789\n"));
    queue.current();
    queue.advance(4);
    assert.ok(queue.add("1234567890123\n"));
    assert.ok(!queue.add("x\n"));
    assert.equal(queue.dropped, 1);
    assert.equal(drain(queue), "56789\n1234567890123\n");
  });

  test("takes of a chunk the lines that fit", () => {
    const queue = create(10);
    queue.addChunk(lines("123", "456", "789", "0"));
    assert.equal(queue.dropped, 2);
    assert.equal(drain(queue), "123\n456\n");
    queue.addChunk(lines("12345678901"));
    assert.equal(queue.dropped, 3);
    queue.addChunk(lines("123456789"));
    queue.addChunk(lines("a", "b"));
    assert.equal(queue.dropped, 5);
    assert.equal(drain(queue), "123456789\n");
  });

  test("keeps no room for a line that it drops, nor more than it needs for a long one", () => {
    const queue = create(1_000_000, 100);
    const before = process.memoryUsage().arrayBuffers;
    assert.ok(!queue.add(`${"x".repeat(20_000_000)}\n`));
    assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
    assert.ok(queue.add(`${"x".repeat(300_000)}\n`));
    assert.ok(process.memoryUsage().arrayBuffers - before < 700_000);
    assert.equal(drain(queue).length, 300_001);
  });

  test("makes batches of bounded size", () => {
    const queue = create(100_000, 100);
    for (let count = 0; count < 100; count++) queue.addChunk(lines("x".repeat(29)));
    assert.equal(queue.current()?.length, 120);
  });

  test("drops everything, a line written in part included", () => {
    const queue = create();
    queue.addChunk(lines("one", "two"));
    queue.current();
    queue.advance(2);
    queue.addChunk(lines("three"));
    queue.add("four\n");
    queue.drop(2);
    queue.discard();
    assert.equal(queue.dropped, 6);
    assert.equal(queue.bytes, 0);
    assert.equal(queue.current(), undefined);
    queue.rewindLine();
    assert.equal(queue.current(), undefined, "nothing to go back to");
  });

  test("goes back to the start of a line that was written in part", () => {
    const queue = create();
    queue.addChunk(lines("one", "two", "three"));
    queue.current();
    queue.advance(6);
    queue.rewindLine();
    assert.equal(queue.bytes, 10);
    assert.equal(drain(queue), "two\nthree\n");
    queue.addChunk(lines("four"));
    queue.current();
    queue.rewindLine();
    assert.equal(drain(queue), "four\n");
  });

  test("accounts for every line and byte, whatever happens", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 12 }).map((line) => `${line.replaceAll("\n", "")}\n`);
    const step = fc.oneof(
      fc.record({ add: text }),
      fc.record({ chunk: fc.array(text, { minLength: 1, maxLength: 6 }) }),
      fc.record({ write: fc.integer({ min: 1, max: 40 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const queue = create(60, 20);
        let sent = 0;
        let bytes = Buffer.alloc(0);
        for (const step of steps) {
          if ("add" in step) {
            queue.add(step.add);
            sent += 1;
          } else if ("chunk" in step) {
            queue.addChunk(Buffer.from(step.chunk.join("")));
            sent += step.chunk.length;
          } else {
            const part = queue.current()?.subarray(0, step.write) ?? Buffer.alloc(0);
            bytes = Buffer.concat([bytes, part]);
            if (part.length > 0) queue.advance(part.length);
          }
          assert.ok(queue.bytes <= 60);
        }
        const written = bytes.toString() + drain(queue);
        // A multi-byte character may be cut between the two parts; lines are what is counted.
        assert.equal(written.split("\n").length - 1 + queue.dropped, sent);
        assert.equal(queue.bytes, 0);
      }),
    );
  });
});
