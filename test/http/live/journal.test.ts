import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { Journal } from "#src/http/live/journal";

function open(capacity: number, threads = 1): Journal[] {
  const segment = new SharedArrayBuffer(Journal.bytes(capacity));
  return Array.from({ length: threads }, (_, index) => new Journal("test", segment, index));
}

const taken = (journal: Journal): string[] =>
  (journal.take()?.entries ?? []).map(({ sequence, event, data }) => `${sequence} ${event} ${data.toString()}`);

describe("a journal", () => {
  it("gives every thread the same events in the same order", () => {
    const [first, second] = open(1_024, 2) as [Journal, Journal];
    assert.equal(first.append("a", "1"), 1);
    assert.equal(second.append("", "é"), 2);
    assert.deepEqual(taken(first), ["1 a 1", "2  é"]);
    assert.deepEqual(taken(second), ["1 a 1", "2  é"]);
    assert.deepEqual(taken(first), []);
    second.append("b", "3");
    assert.deepEqual(taken(first), ["3 b 3"]);
  });

  it("keeps the newest, and says when a thread has missed some", () => {
    const [writer, reader] = open(200, 2) as [Journal, Journal];
    writer.append("", "x".repeat(50));
    assert.equal(reader.take()?.missed, false);
    for (let count = 0; count < 10; count++) writer.append("", "y".repeat(50));
    const late = reader.take();
    assert.equal(late?.missed, true);
    assert.deepEqual(
      late?.entries.map(({ sequence }) => sequence),
      [9, 10, 11],
    );
    assert.equal(reader.take()?.missed, false);
  });

  it("tells one life of the process from another", () => {
    const [first, second] = open(100, 2) as [Journal, Journal];
    assert.equal(first.epoch(123), 123);
    assert.equal(second.epoch(456), 123);
  });

  it("refuses what is too large, and keeps what it has", () => {
    const [journal] = open(100) as [Journal];
    journal.append("", "kept");
    assert.throws(() => journal.append("", "x".repeat(50)), { code: "E_HTTP_BROADCAST_TOO_LARGE" });
    assert.deepEqual(taken(journal), ["1  kept"]);
  });

  it("gives up within a bounded time on a lock that a dead thread holds, and goes on when it is freed", () => {
    const segment = new SharedArrayBuffer(Journal.bytes(1_000));
    const journal = new Journal("test", segment, 0);
    journal.append("", "1");
    Atomics.store(new Int32Array(segment), 0, 99);
    assert.throws(() => journal.append("", "2"), { code: "E_HTTP_BROADCAST_BUSY", status: 503 });
    assert.equal(journal.take(), null);
    Atomics.store(new Int32Array(segment), 0, 0);
    assert.equal(journal.append("", "2"), 2);
    assert.deepEqual(taken(journal), ["1  1", "2  2"]);
  });

  it("gives back what was written, however it wraps around", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 60 }), fc.nat(7), (events, odd) => {
        const [writer, reader] = open(400 + odd, 2) as [Journal, Journal];
        events.forEach(([event, data], index) => {
          if (16 + Buffer.byteLength(event) + Buffer.byteLength(data) > 200) return;
          const sequence = writer.append(event, data);
          const last = reader.take()?.entries.at(-1);
          assert.deepEqual([last?.sequence, last?.event, last?.data.toString()], [sequence, event, data], `event ${index}`);
        });
      }),
    );
  });
});
