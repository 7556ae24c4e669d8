import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AfterTask, currentTransaction, runInTransactionScope } from "#src/db/transaction-scope";
import { openMachines, settle } from "./machines.ts";

/** A transaction as the cache sees it. */
async function transaction(run: () => Promise<void>, end: "commit" | "roll back" = "commit"): Promise<void> {
  const tasks: AfterTask[] = [];
  await runInTransactionScope({ afterCommit: (task) => void tasks.push(task) }, run);
  if (end === "commit") for (const task of tasks) await task();
}

const never = (): never => assert.fail("the factory must not be called");

describe("in a transaction", () => {
  it("what is deleted, set or invalidated is so after the commit, and not before", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    const [cache] = machines.caches;
    await users.set("ada", "Ada");
    await users.set("bob", "Bob", { tags: ["team"] });
    await transaction(async () => {
      await users.delete("ada");
      await cache.invalidateTags(["team"]);
      await users.set("cid", "Cid");
      const outside = await runOutside(() => Promise.all([users.get("ada"), users.get("bob"), users.get("cid")]));
      assert.deepEqual(outside, ["Ada", "Bob", undefined]);
    });
    assert.deepEqual([users.peek("ada"), users.peek("bob"), users.peek("cid")], [undefined, undefined, "Cid"]);
  });

  it("nothing is forgotten or set when it is rolled back", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    await users.set("ada", "Ada");
    await transaction(async () => {
      await users.set("ada", "Ada II");
      await users.clear();
    }, "roll back");
    assert.equal(users.peek("ada"), "Ada");
  });

  it("reads what it touched itself, and keeps nothing of it", async () => {
    await using machines = await openMachines({ namespace: { tags: ["people"] } });
    const [users] = machines.users;
    const [cache] = machines.caches;
    for (const touch of [
      () => users.delete("ada"),
      () => users.set("ada", "Ada II"),
      () => users.clear(),
      () => cache.clear(),
      () => cache.invalidateTags(["people"]),
      () => cache.invalidateTags(["user:1"]),
    ]) {
      await users.getOrSet("ada", () => "Ada", { tags: ["user:1"] });
      await transaction(async () => {
        assert.equal(await users.getOrSet("ada", never), "Ada");
        await touch();
        assert.equal(users.peek("ada"), undefined);
        assert.equal(await users.get("ada"), undefined);
        assert.equal(await users.getOrSet("ada", () => "uncommitted"), "uncommitted", touch.toString());
      }, "roll back");
      assert.equal(await users.getOrSet("ada", never), "Ada", touch.toString());
    }
  });

  it("a value that it makes is kept by nobody, and it shares its factory with nobody", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    const outside = Promise.withResolvers<string>();
    const shared = users.getOrSet("ada", () => outside.promise);
    await settle();
    await transaction(async () => {
      assert.equal(await users.getOrSet("ada", () => "mine"), "mine");
      assert.equal(await users.getOrSet("bob", () => "mine"), "mine");
    });
    assert.equal(users.peek("bob"), undefined);
    outside.resolve("Ada");
    assert.equal(await shared, "Ada");
    assert.equal(await users.getOrSet("ada", never), "Ada");
  });

  it("a stale value is made anew by the transaction for itself", async () => {
    await using machines = await openMachines({ namespace: { grace: "1h" } });
    const [users] = machines.users;
    await users.set("ada", "old");
    machines.clock.advance(60_000);
    await transaction(async () => assert.equal(await users.getOrSet("ada", () => "mine"), "mine"));
    assert.equal(await users.getOrSet("ada", () => "new"), "old");
  });

  it("a reader that began before the commit does not put back what the commit has changed", async () => {
    await using machines = await openMachines({ shared: true, threads: [1, 1] });
    const [one, other] = machines.users;
    let row = "old";
    const reading = Promise.withResolvers<undefined>();
    const slow = one.getOrSet("ada", async () => {
      const read = row;
      await reading.promise;
      return read;
    });
    await settle();
    await transaction(async () => {
      row = "new";
      await other.delete("ada");
    });
    reading.resolve(undefined);
    assert.equal(await slow, "old");
    await settle();
    assert.equal(await one.getOrSet("ada", () => row), "new");
    assert.equal(await other.getOrSet("ada", () => row), "new");
  });
});

/** As another request would. */
function runOutside<Result>(run: () => Promise<Result>): Promise<Result> {
  assert.ok(currentTransaction() !== undefined);
  return runInTransactionScope(undefined as never, run);
}
