import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Inbox, type InboxOptions } from "#src/http/live/inbox";

interface Watched {
  readonly inbox: Inbox;
  readonly calls: string[];
}

function createInbox(options: Partial<InboxOptions> = {}): Watched {
  const calls: string[] = [];
  const inbox = new Inbox({
    maxBytes: 10,
    admit: (data) => data.toString(),
    pause: () => calls.push("pause"),
    resume: () => calls.push("resume"),
    refuse: (thrown) => calls.push(`refuse ${String(thrown)}`),
    ...options,
  });
  return { inbox, calls };
}

const text = (value: string): Buffer => Buffer.from(value);

describe("an inbox", () => {
  it("hands messages on in order, those that wait first", async () => {
    const { inbox } = createInbox();
    inbox.take(text("a"), false);
    inbox.take(text("b"), false);
    assert.equal((await inbox.next()).value, "a");
    assert.equal((await inbox.next()).value, "b");
    const later = inbox.next();
    inbox.take(text("c"), false);
    assert.equal((await later).value, "c");
  });

  it("holds the sender back while too many bytes wait, and no longer", async () => {
    const { inbox, calls } = createInbox();
    inbox.take(text("x".repeat(10)), false);
    assert.equal(inbox.paused, false);
    inbox.take(text("y"), false);
    assert.deepEqual(calls, ["pause"]);
    await inbox.next();
    assert.deepEqual(calls, ["pause", "resume"]);
    assert.equal(inbox.paused, false);
  });

  it("lesson: CVE-2022-21676: holds the sender back while too many empty messages wait", async () => {
    const { inbox, calls } = createInbox();
    for (let count = 0; count < 64; count++) inbox.take(text(""), false);
    assert.deepEqual(calls, []);
    inbox.take(text(""), false);
    assert.deepEqual(calls, ["pause"]);
    await inbox.next();
    assert.deepEqual(calls, ["pause", "resume"]);
  });

  it("waits for one message before it looks at the next", async () => {
    const order: string[] = [];
    const { inbox } = createInbox({
      admit: async (data) => {
        order.push(`begin ${String(data)}`);
        await Promise.resolve();
        order.push(`end ${String(data)}`);
        return String(data);
      },
    });
    inbox.take(text("a"), false);
    inbox.take(text("b"), false);
    assert.equal((await inbox.next()).value, "a");
    assert.equal((await inbox.next()).value, "b");
    assert.deepEqual(order, ["begin a", "end a", "begin b", "end b"]);
  });

  it("tells what was not admitted, at once or later, and lets its bytes go", async () => {
    const { inbox, calls } = createInbox({
      admit: (data) => {
        if (data[0] === 0x61) throw new Error("at once");
        return Promise.reject(new Error("later"));
      },
    });
    inbox.take(text("a".repeat(11)), false);
    assert.deepEqual(calls, ["refuse Error: at once"]);
    inbox.take(text("b"), false);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(calls, ["refuse Error: at once", "refuse Error: later"]);
  });

  it("ends behind what waits, and takes nothing more", async () => {
    const { inbox } = createInbox();
    inbox.take(text("a"), false);
    inbox.close();
    inbox.take(text("b"), false);
    assert.equal((await inbox.next()).value, "a");
    assert.equal((await inbox.next()).done, true);
    const { inbox: waiting } = createInbox();
    const reader = waiting.next();
    waiting.close();
    assert.equal((await reader).done, true);
  });
});
