import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Doorbell, createDoorbell } from "#src/log/doorbell";

describe("a doorbell", () => {
  test("wakes a reader that sleeps", async () => {
    const segment = createDoorbell();
    const woken = new Doorbell(segment).sleep();
    new Doorbell(segment).ring();
    await woken;
    assert.equal(new Int32Array(segment)[0], 0);
  });

  test("rings once for each sleep: the second ring finds the reader awake", async () => {
    const segment = createDoorbell();
    const bell = new Doorbell(segment);
    let wakes = 0;
    const first = bell.sleep().then(() => wakes++);
    bell.ring();
    bell.ring();
    await first;
    const second = bell.sleep().then(() => wakes++);
    await Promise.resolve();
    assert.equal(wakes, 1, "an old ring must not end a new sleep");
    bell.ring();
    await second;
    assert.equal(wakes, 2);
  });

  test("rung while nobody sleeps changes nothing", () => {
    const segment = createDoorbell();
    new Doorbell(segment).ring();
    assert.equal(new Int32Array(segment)[0], 0);
  });
});
