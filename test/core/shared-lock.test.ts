import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { lockWord, unlockWord } from "#src/core/shared-lock";
import { tableBytes, viewTable } from "#src/ratelimit/table";

const openTable = () => viewTable(new SharedArrayBuffer(tableBytes(32)));

describe("a lock in shared memory", () => {
  it("is had by one thread at a time", () => {
    const { locks } = openTable();
    assert.equal(lockWord(locks, 1, 5), true);
    assert.equal(lockWord(locks, 1, 6), false);
    unlockWord(locks, 1, 5);
    assert.equal(lockWord(locks, 1, 6), true);
  });

  it("locks one word and no other", () => {
    const { locks } = openTable();
    assert.equal(lockWord(locks, 1, 5), true);
    assert.equal(lockWord(locks, 2, 6), true);
  });

  it("is given up on within a bounded time", () => {
    const { locks } = openTable();
    lockWord(locks, 0, 5);
    const before = performance.now();
    assert.equal(lockWord(locks, 0, 6), false);
    const waited = performance.now() - before;
    assert.ok(waited >= 15 && waited < 2_000, `waited ${waited} ms`);
  });

  it("is not taken from its new holder by one who lost it", () => {
    const { locks } = openTable();
    lockWord(locks, 0, 5);
    Atomics.store(locks, 0, 0);
    lockWord(locks, 0, 6);
    unlockWord(locks, 0, 5);
    assert.equal(lockWord(locks, 0, 7), false);
  });
});
