import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type Context, callInContext, currentContext, runInContext } from "#src/core/context";

const context = (id: string): Context => ({
  id,
  operation: "GET /x",
  traceId: "0".repeat(32),
  spanId: "0".repeat(16),
  deadline: Infinity,
  signal: new AbortController().signal,
});

describe("context", () => {
  test("is absent outside a request or job", () => assert.equal(currentContext(), undefined));

  test("follows through everything awaited, and ends with the call", async () => {
    const mine = context("a");
    const seen = await runInContext(mine, async () => {
      await turn();
      return currentContext();
    });
    assert.equal(seen, mine);
    assert.equal(currentContext(), undefined);
  });

  test("keeps work that runs at the same time apart", async () => {
    const work = async (id: string): Promise<string | undefined> =>
      runInContext(context(id), async () => {
        for (let round = 0; round < 3; round++) await turn();
        return currentContext()?.id;
      });
    const ids = Array.from({ length: 20 }, (_, index) => `request-${index}`);
    assert.deepEqual(await Promise.all(ids.map(work)), ids);
  });

  test("gives way to an inner one and comes back", () => {
    const seen: (string | undefined)[] = [];
    runInContext(context("outer"), () => {
      runInContext(context("inner"), () => seen.push(currentContext()?.id));
      seen.push(currentContext()?.id);
    });
    assert.deepEqual(seen, ["inner", "outer"]);
  });

  test("comes back after an error, which is handed on", () => {
    const fail = (): never => {
      throw new Error("planned");
    };
    assert.throws(() => runInContext(context("a"), fail), /planned/);
    assert.throws(() => callInContext(context("a"), fail, 1), /planned/);
    assert.equal(currentContext(), undefined);
  });

  test("hands an argument over without a closure", () => {
    const result = callInContext(context("a"), (text: string) => `${text} ${currentContext()?.id}`, "in");
    assert.equal(result, "in a");
  });
});
