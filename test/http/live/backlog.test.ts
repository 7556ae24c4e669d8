import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Backlog } from "#src/http/live/backlog";

async function readAll(backlog: Backlog<string>): Promise<string[]> {
  const items: string[] = [];
  for await (const item of backlog) items.push(item);
  return items;
}

describe("a backlog", () => {
  it("hands on what was pushed, in order, to its end", async () => {
    const backlog = new Backlog<string>({});
    for (const item of ["a", "b", "c"]) assert.equal(backlog.push(item, 1), true);
    backlog.close();
    assert.deepEqual(await readAll(backlog), ["a", "b", "c"]);
    assert.equal(backlog.push("d", 1), false);
  });

  it("hands on to a reader that waits, and ends one that waits", async () => {
    const backlog = new Backlog<string>({});
    const first = backlog.next();
    backlog.push("a", 1);
    assert.deepEqual(await first, { done: false, value: "a" });
    const second = backlog.next();
    backlog.close();
    assert.deepEqual(await second, { done: true, value: undefined });
  });

  it("disconnects a reader for whom too much waits", async () => {
    let closed = 0;
    const backlog = new Backlog<string>({ backlog: "10b" }, () => closed++);
    assert.equal(backlog.push("a", 10), true);
    assert.equal(backlog.push("b", 1), false);
    assert.equal(closed, 1);
    await assert.rejects(backlog.next(), { code: "E_HTTP_CLIENT_SLOW" });
    assert.deepEqual(await backlog.next(), { done: true, value: undefined });
  });

  it("drops the oldest when it is told to", async () => {
    const backlog = new Backlog<string>({ backlog: "10b", whenFull: "drop-oldest" });
    for (const item of ["a", "b", "c", "d"]) assert.equal(backlog.push(item, 4), true);
    backlog.close();
    assert.deepEqual(await readAll(backlog), ["c", "d"]);
  });

  it("is closed once by a reader that leaves", async () => {
    let closed = 0;
    const backlog = new Backlog<string>({}, () => closed++);
    backlog.push("a", 1);
    backlog.push("b", 1);
    for await (const item of backlog) if (item === "a") break;
    assert.equal(backlog.closed, true);
    await backlog.return();
    assert.equal(closed, 1);
    assert.deepEqual(await backlog.next(), { done: true, value: undefined });
  });

  it("keeps its order over many more items than it lets go of at once", async () => {
    const backlog = new Backlog<string>({ backlog: "1gb" });
    const items = Array.from({ length: 5_000 }, (_, index) => String(index));
    for (const item of items) backlog.push(item, 1);
    backlog.close();
    assert.deepEqual(await readAll(backlog), items);
  });
});
