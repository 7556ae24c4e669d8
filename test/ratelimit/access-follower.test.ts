import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SegmentTable } from "#src/core/mod";
import { AccessFollower } from "#src/ratelimit/access-follower";
import { type AccessEntry, AccessList, type Stored } from "#src/ratelimit/access-list";
import type { AccessStore } from "#src/ratelimit/access-store";
import { createFakeClock } from "#src/testing/fake-clock";

const entryOf = (subject: string): AccessEntry => ({ subject, verdict: "block", until: null, reason: "" });

/** A store whose every answer a test may hold up. */
class HeldStore implements AccessStore {
  readonly entries = new Map<string, AccessEntry>();
  mark = "first";
  loads = 0;
  hold: Promise<void> | undefined;

  async load(): Promise<Stored> {
    this.loads += 1;
    const stored = { mark: this.mark, entries: [...this.entries.values()] };
    await this.hold;
    return stored;
  }

  async set(entry: AccessEntry): Promise<void> {
    this.entries.set(entry.subject, entry);
    await this.hold;
  }

  async delete(subject: string): Promise<void> {
    this.entries.delete(subject);
    await this.hold;
  }
}

async function open() {
  const clock = createFakeClock();
  const store = new HeldStore();
  const list = await AccessList.open({ memory: new SegmentTable(), owner: 1, clock, fixed: [] });
  const follower = new AccessFollower({ list, store, clock, log: undefined });
  const subjects = (): string[] => list.entries.map(({ subject }) => subject);
  return { clock, store, list, follower, subjects };
}

describe("the list of who is blocked, and a store of all machines", () => {
  it("does not lose what is said while the store is read", async () => {
    const { store, list, follower, subjects } = await open();
    const { promise, resolve } = Promise.withResolvers<void>();
    store.hold = promise;
    const following = follower.follow();
    const statement = { subject: "ada", entry: entryOf("ada") };
    list.say(statement, true);
    const saying = follower.say(statement);
    resolve();
    await Promise.all([following, saying]);
    assert.deepEqual([subjects(), list.untold, store.loads], [["ada"], [], 2]);
  });

  it("tells anew what was taken back while it was told", async () => {
    const { clock, store, list, follower, subjects } = await open();
    list.say({ subject: "ada", entry: entryOf("ada") }, true);
    const { promise, resolve } = Promise.withResolvers<void>();
    store.hold = promise;
    const following = follower.follow();
    // Another thread takes it back, and its connection is faster: the store hears of it first.
    list.say({ subject: "ada", entry: null }, true);
    list.told({ subject: "ada", entry: null });
    resolve();
    await following;
    assert.deepEqual([subjects(), [...store.entries.keys()]], [[], ["ada"]]);
    clock.advance(500);
    await new Promise(setImmediate);
    assert.deepEqual([subjects(), [...store.entries.keys()], list.untold], [[], [], []]);
  });

  it("looks every five seconds, and no more once it is stopped", async () => {
    const { clock, store, follower, subjects } = await open();
    await follower.follow();
    store.entries.set("ada", entryOf("ada"));
    clock.advance(5_000);
    await new Promise(setImmediate);
    assert.deepEqual([subjects(), clock.pending], [["ada"], 1]);
    follower.stop();
    assert.equal(clock.pending, 0);
  });
});
