import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

// An uncaught error would fail the test runner itself: a process of its own takes it.
test("a subscriber that throws disturbs neither publisher nor subscribers, and its error is not lost", () => {
  const program = `
    import { openTypedChannel } from "${import.meta.resolve("#src/core/channel")}";
    const channel = openTypedChannel("plinth:test:throws");
    process.on("uncaughtException", (error) => console.log("uncaught:", error.message));
    channel.subscribe(() => { throw new Error("planned"); });
    channel.subscribe(() => console.log("second subscriber"));
    channel.publish({});
    console.log("publisher goes on");
  `;
  const child = spawnSync(process.execPath, ["--input-type=module", "--eval", program], { encoding: "utf8" });
  assert.equal(child.stdout, "second subscriber\npublisher goes on\nuncaught: planned\n", child.stderr);
});
