import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openTypedChannel } from "#src/core/channel";

interface Message {
  readonly n: number;
}

let names = 0;
const open = (): ReturnType<typeof openTypedChannel<Message>> => openTypedChannel<Message>(`plinth:test:${names++}`);

describe("channel", () => {
  test("delivers the very message, at once, in the order of subscribing", () => {
    const channel = open();
    const seen: unknown[] = [];
    channel.subscribe((message) => seen.push("first", message));
    channel.subscribe(() => seen.push("second"));
    const message = { n: 1 };
    channel.publish(message);
    assert.deepEqual(seen, ["first", message, "second"]);
    assert.equal(seen[1], message);
  });

  test("is the same channel wherever its name is opened", () => {
    const one = open();
    const other = openTypedChannel<Message>(one.name);
    const seen: number[] = [];
    other.subscribe(({ n }) => seen.push(n));
    assert.equal(one.hasSubscribers, true);
    one.publish({ n: 7 });
    assert.deepEqual(seen, [7]);
  });

  test("is silent to channels of other names", () => {
    const one = open();
    open().subscribe(() => assert.fail("not for this one"));
    one.publish({ n: 1 });
    assert.equal(one.hasSubscribers, false);
  });

  test("tells whether anybody listens, as that changes", () => {
    const channel = open();
    assert.equal(channel.hasSubscribers, false);
    const end = channel.subscribe(() => undefined);
    assert.equal(channel.hasSubscribers, true);
    end();
    assert.equal(channel.hasSubscribers, false);
  });

  test("delivers nothing after the end of a subscription, and ending twice is harmless", () => {
    const channel = open();
    let kept = 0;
    const end = channel.subscribe(() => assert.fail("ended"));
    channel.subscribe(() => kept++);
    end();
    end();
    channel.publish({ n: 1 });
    assert.equal(kept, 1);
  });

  test("counts a listener that subscribes twice as two subscriptions", () => {
    const channel = open();
    let seen = 0;
    const listener = (): void => void seen++;
    const end = channel.subscribe(listener);
    channel.subscribe(listener);
    channel.publish({ n: 1 });
    end();
    channel.publish({ n: 2 });
    assert.equal(seen, 3);
  });
});
