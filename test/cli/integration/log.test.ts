import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TestServer } from "#src/testing/test-server";
import { connectToEachThread, isWhole, until } from "../../app/integration/observe.ts";
import type { CommandOutcome } from "../support/command.ts";
import { type OperatedServer, startOperated } from "../support/operated-server.ts";

describe("what a running program logs", () => {
  let operated: OperatedServer;
  let server: TestServer;
  before(async () => {
    operated = await startOperated();
    ({ server } = operated);
  });
  after(() => operated.stop());
  const plinth = (...words: readonly string[]): Promise<CommandOutcome> => operated.plinth(...words);

  /** Threads that wrote a line about this. */
  const threadsThatSaid = (detail: string): readonly unknown[] =>
    server.log.filter((line) => line["detail"] === detail).map((line) => line["thread"]);

  /** Asks each thread once, and waits until all that it logged before the last answer has been read. */
  async function askEachThread(id: string): Promise<void> {
    const connections = await connectToEachThread(server.url, 2);
    for (const connection of connections.values()) {
      assert.equal((await connection.get(`/detail/${id}`)).status, 200);
      assert.equal((await connection.get("/other")).status, 204);
      connection.close();
    }
  }

  test("becomes more for one route in every thread, in one that is started later too, and less again", async () => {
    assert.match((await plinth("log", "show")).stdout, /^level info, as configured\n$/);
    await askEachThread("before");
    const begun = await plinth("log", "debug", "--route", "/detail/:id", "--for", "5m");
    assert.deepEqual([begun.code, begun.stderr], [0, ""]);
    assert.match(begun.stdout, /^debug +\/detail\/:id +any +any +any +(?:5m|299s)$/m);
    await askEachThread("during");
    await until("both threads have said it", 5_000, async () => threadsThatSaid("during").length === 2);
    assert.deepEqual(new Set(threadsThatSaid("during")), new Set(["http-0", "http-1"]));

    await assert.rejects(fetch(`${server.url}/exit`));
    await until("the thread is replaced", 20_000, () => isWhole(server.adminUrl));
    await askEachThread("replaced");
    await until("both threads have said it", 5_000, async () => threadsThatSaid("replaced").length === 2);

    const reset = await plinth("log", "reset");
    assert.match(reset.stdout, /^level info, as configured\n$/);
    await askEachThread("after");
    await plinth("log", "level", "debug", "--for", "1m");
    await askEachThread("everywhere");
    await until("both threads have said it", 5_000, async () => threadsThatSaid("everywhere").length === 2);
    assert.deepEqual([threadsThatSaid("before"), threadsThatSaid("after")], [[], []]);
    assert.match((await plinth("log", "show")).stdout, /^level debug for (?:1m|\d+s) more, then info\n$/);
    assert.equal(server.log.filter("scoped debug logging began").length, 1);
    assert.equal(server.log.filter("scoped debug logging ended").length, 1);
  });

  test("is changed also for a route that there is none of, with a warning", async () => {
    const { code, stdout } = await plinth("log", "debug", "--route", "/detail");
    assert.equal(code, 0);
    assert.match(stdout, /^warning: "\/detail" is no route that is served here; did you mean "\/detail\/:id"\?\nlevel /);
    await plinth("log", "reset");
  });

  test("is not changed by a mistake, which is told with all its faults", async () => {
    const level = await plinth("log", "level", "loud", "--for", "soon");
    assert.equal(level.code, 1);
    assert.match(level.stderr, /^E_CLI_ACTION_REFUSED: /);
    assert.match(level.stderr, /\/level expected one of trace, debug/);
    assert.match(level.stderr, /\/for expected a duration/);
    const scope = await plinth("log", "debug");
    assert.match(scope.stderr, /names nothing\. Say a route.*E_APP_LOG_SCOPE_INVALID/);
  });
});
