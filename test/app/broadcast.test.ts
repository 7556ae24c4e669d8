import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Broadcast, defineTopic } from "#src/app/broadcast";

const MODE = defineTopic<{ on: boolean }>("mode");
const LEVEL = defineTopic<string>("level");

describe("a broadcast", () => {
  test("tells who subscribes the latest value at once, and every later one until it is ended", () => {
    const broadcast = new Broadcast();
    const seen: unknown[] = [];
    broadcast.publish(LEVEL, "info");
    broadcast.publish(LEVEL, "warn");
    const end = broadcast.subscribe(LEVEL, (level) => seen.push(level));
    broadcast.subscribe(MODE, ({ on }) => seen.push(on));
    broadcast.publish(LEVEL, "debug");
    broadcast.publish(MODE, { on: true });
    end();
    broadcast.publish(LEVEL, "error");
    assert.deepEqual(seen, ["warn", "debug", true]);
  });

  test("hands on what is published, not what it received, and gives a latecomer all of it", () => {
    const [supervisor, thread] = [new Broadcast(), new Broadcast()];
    supervisor.publish(LEVEL, "warn");
    supervisor.publish(MODE, { on: false });
    for (const [topic, value] of supervisor.snapshot()) thread.receive(topic, value);
    supervisor.relayTo((topic, value) => thread.receive(topic, value));
    supervisor.publish(MODE, { on: true });
    supervisor.receive(LEVEL.name, "error");
    assert.deepEqual(
      [...thread.snapshot()],
      [
        ["level", "warn"],
        ["mode", { on: true }],
      ],
    );
  });
});
