import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isPlinthError } from "#src/core/error";
import { SegmentTable } from "#src/core/shared-memory";

describe("segment table", () => {
  test("makes a segment on the first claim, zeroed and of the size asked for", async () => {
    const segment = await new SegmentTable().claim("room:what", 64);
    assert.ok(segment instanceof SharedArrayBuffer);
    assert.deepEqual(
      [...new Uint8Array(segment)],
      Array.from({ length: 64 }, () => 0),
    );
  });

  test("gives the same bytes to everyone after, however they claim", async () => {
    const table = new SegmentTable();
    const [first, second] = await Promise.all([table.claim("room:what", 8), table.claim("room:what", 8)]);
    assert.equal(first, second);
    assert.equal(table.claimSync("room:what", 8), first);
  });

  test("keeps names apart, odd ones too", () => {
    const table = new SegmentTable();
    assert.notEqual(table.claimSync("a", 8), table.claimSync("b", 8));
    assert.ok(table.claimSync("__proto__", 8) instanceof SharedArrayBuffer);
  });

  test("refuses another size, naming segment and sizes, and rejects rather than throws where it is asynchronous", async () => {
    const table = new SegmentTable();
    table.claimSync("room:what", 8);
    const mismatch = (error: unknown): boolean =>
      isPlinthError(error, "E_CORE_SEGMENT_MISMATCH") && /"room:what".* 8 .* 16 /.test(error.message);
    assert.throws(() => table.claimSync("room:what", 16), mismatch);
    await assert.rejects(table.claim("room:what", 16), mismatch);
  });

  test("lists what was claimed, as a copy", () => {
    const table = new SegmentTable();
    table.claimSync("a", 8);
    const sizes = table.sizes();
    table.claimSync("b", 16);
    assert.deepEqual([...sizes], [["a", 8]]);
    assert.deepEqual(
      [...table.sizes()],
      [
        ["a", 8],
        ["b", 16],
      ],
    );
  });
});

describe("locks in segments", () => {
  const BYTES = 32;
  const LOCKS = { byteOffset: 16, count: 4 };

  test("are freed when the thread that holds them has died, and only those", () => {
    const memory = new SegmentTable();
    const words = new Int32Array(memory.claimSync("limits:table", BYTES, LOCKS));
    words.set([7, 7, 7, 7, 7, 0, 8, 7]);
    assert.equal(memory.releaseLocks(6), 2);
    assert.deepEqual([...words], [7, 7, 7, 7, 0, 0, 8, 0]);
  });

  test("are those of the first claim; segments without any are left alone", () => {
    const memory = new SegmentTable();
    const words = new Int32Array(memory.claimSync("plain", BYTES));
    memory.claimSync("plain", BYTES, LOCKS);
    words.fill(3);
    assert.equal(memory.releaseLocks(2), 0);
    assert.ok(words.every((word) => word === 3));
  });
});
