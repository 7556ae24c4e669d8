import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "#src/log/logger";
import { createMemorySink } from "#src/log/memory-sink";

test("a memory sink keeps lines, parses them, and forgets them when told", () => {
  const sink = createMemorySink();
  const log = createLogger({ sink });
  log.info({ a: 1 }, "x");
  sink.flushSync();
  assert.equal(sink.lines[0]?.at(-1), "\n");
  assert.equal(sink.entries()[0]?.["a"], 1);
  assert.equal(sink.dropped, 0);
  sink.clear();
  assert.deepEqual([...sink.lines, ...sink.entries()], []);
});
