import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createDatabase } from "#src/db/create-database";
import { type AfterTask, leaveTransaction, runInTransactionScope } from "#src/db/transaction-scope";
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
      const outside = await leaveTransaction(() => Promise.all([users.get("ada"), users.get("bob"), users.get("cid")]));
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

  it("a factory is given up after its hard timeout, also when it does not listen", async () => {
    await using machines = await openMachines({ namespace: { hardTimeout: "2s" } });
    const [users] = machines.users;
    const reasons: unknown[] = [];
    await transaction(async () => {
      let settled = false;
      const slow = users.getOrSet("ada", ({ signal }) => {
        signal.addEventListener("abort", () => reasons.push(signal.reason));
        return new Promise<string>(() => undefined);
      });
      slow.catch(() => undefined).finally(() => (settled = true));
      await settle();
      machines.clock.advance(1_999);
      await settle();
      assert.equal(settled, false);
      machines.clock.advance(1);
      await settle();
      assert.equal(settled, true);
      await assert.rejects(slow, { code: "E_CACHE_FACTORY_TIMEOUT" });
      await slow.catch((error: unknown) => assert.deepEqual(reasons, [error]));
    });
    assert.equal(machines.caches[0].stats().namespaces["users"]?.factoryErrors, 1);
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

describe("in a transaction of a database", () => {
  it("savepoints and what is around them see what each other touched, and what is rolled back is not forgotten", async () => {
    await using machines = await openMachines();
    const [users] = machines.users;
    const db = createDatabase<{ users: { id: string } }>({ url: "sqlite::memory:" });
    await db.start?.(new AbortController().signal);
    await users.set("ada", "Ada");
    await users.set("bob", "Bob");
    await db.transaction(async () => {
      await users.delete("ada");
      await db.transaction(async () => {
        assert.equal(await users.get("ada"), undefined, "the savepoint knows what was touched around it");
      });
      const given = db.transaction(async () => {
        await users.delete("bob");
        throw new Error("given up");
      });
      await assert.rejects(given, /given up/);
      assert.equal(await users.get("bob"), undefined, "on the safe side");
      assert.equal(await leaveTransaction(() => users.get("ada")), "Ada");
    });
    assert.deepEqual([users.peek("ada"), users.peek("bob")], [undefined, "Bob"]);
    const failed = db.transaction(async () => {
      await users.clear();
      throw new Error("given up");
    });
    await assert.rejects(failed, /given up/);
    assert.equal(users.peek("bob"), "Bob");
    await db.stop?.(new AbortController().signal);
  });
});
