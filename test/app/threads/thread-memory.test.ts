import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MessageChannel } from "node:worker_threads";
import type { FromThread, ToThread } from "#src/app/threads/messages";
import { ThreadMemory } from "#src/app/threads/thread-memory";
import { packError } from "#src/app/threads/transfer";

/** A thread's memory, and the supervisor that answers it. */
function createPair(answer: (claim: FromThread & { kind: "claim" }) => ToThread): { memory: ThreadMemory; close: () => void } {
  const { port1, port2 } = new MessageChannel();
  port2.on("message", (message: FromThread) => {
    if (message.kind === "claim") port2.postMessage(answer(message));
  });
  return { memory: new ThreadMemory(port1), close: () => port1.close() };
}

describe("a thread's shared memory", () => {
  test("is what the supervisor gives, each claim its own, also several at once", async () => {
    const segments = new Map<string, SharedArrayBuffer>();
    const { memory, close } = createPair(({ call, name, byteLength }) => {
      const segment = segments.get(name) ?? new SharedArrayBuffer(byteLength);
      segments.set(name, segment);
      return { kind: "segment", call, segment };
    });
    const [one, two, again] = await Promise.all([memory.claim("a", 8), memory.claim("b", 16), memory.claim("a", 8)]);
    new Uint8Array(one)[3] = 42;
    assert.equal(new Uint8Array(again)[3], 42);
    assert.equal(new Uint8Array(segments.get("a") as SharedArrayBuffer)[3], 42);
    assert.equal(two.byteLength, 16);
    close();
  });

  test("is refused with the supervisor's error", async () => {
    const { memory, close } = createPair(({ call, name }) => ({
      kind: "segment-refused",
      call,
      error: packError(new Error(`no memory for ${name}`)),
    }));
    await assert.rejects(memory.claim("a", 8), /no memory for a/);
    close();
  });

  test("says where its locks are", async () => {
    const claims: FromThread[] = [];
    const { memory, close } = createPair((claim) => {
      claims.push(claim);
      return { kind: "segment", call: claim.call, segment: new SharedArrayBuffer(claim.byteLength) };
    });
    await memory.claim("locks", 64, { byteOffset: 8, count: 2 });
    assert.deepEqual(claims, [{ kind: "claim", call: 0, name: "locks", byteLength: 64, locks: { byteOffset: 8, count: 2 } }]);
    close();
  });
});
