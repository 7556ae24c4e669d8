import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TestServer } from "#src/testing/test-server";
import { connectToEachThread } from "../../app/integration/observe.ts";
import type { CommandOutcome } from "../support/command.ts";
import { type OperatedServer, startOperated } from "../support/operated-server.ts";

const APP = new URL("../../support/apps/caching.ts", import.meta.url);

describe("the cache of a running program", () => {
  let operated: OperatedServer;
  let server: TestServer;
  before(async () => {
    operated = await startOperated({}, APP);
    ({ server } = operated);
  });
  after(() => operated.stop());
  const plinth = (...words: readonly string[]): Promise<CommandOutcome> => operated.plinth("cache", ...words);

  /** Who has made a value, as each thread says. */
  async function makers(name: string): Promise<Set<string>> {
    const connections = await connectToEachThread(server.url, 2);
    const seen = new Set<string>();
    for (const connection of connections.values()) {
      const { body } = await connection.get(`/users/${name}`);
      seen.add((JSON.parse(body) as { madeBy: string }).madeBy);
      connection.close();
    }
    return seen;
  }

  test("holds one value for all threads, explains it and forgets it", async () => {
    const [first, ...others] = await makers("ada");
    assert.deepEqual(others, [], "one thread made it, the other was handed it");
    const explained = await plinth("explain", "users", "ada");
    assert.deepEqual([explained.code, explained.stderr], [0, ""]);
    assert.match(
      explained.stdout,
      /^v:users:[\w-]{12}:ada\nWHERE +STATE +AGE +FRESH FOR +GONE IN +BYTES +TAGS\nmemory +fresh .* people\nstore +absent\n$/,
    );
    const cleared = await plinth("clear", "--tag", "people");
    assert.deepEqual([cleared.code, cleared.stdout], [0, "forgotten: tag people\n"]);
    const [second, ...more] = await makers("ada");
    assert.deepEqual([second === first, more], [false, []]);
  });

  test("forgets a namespace", async () => {
    const before = await makers("cid");
    assert.equal((await plinth("clear", "users")).stdout, "forgotten: namespace users\n");
    assert.notDeepEqual(await makers("cid"), before);
  });

  test("forgets everything", async () => {
    await makers("dan");
    assert.equal((await plinth("clear")).stdout, "forgotten: everything\n");
    const { memory } = JSON.parse((await plinth("explain", "users", "dan", "--json")).stdout) as { memory?: { state: string } };
    assert.ok(memory === undefined || memory.state === "invalid");
  });

  test("adds up what its threads counted", async () => {
    await makers("bob");
    await makers("bob");
    const { threads, namespaces } = JSON.parse((await plinth("stats", "--json")).stdout) as {
      threads: number;
      namespaces: Record<string, { factoryCalls: number; memoryHits: number; entries: number }>;
    };
    assert.equal(threads, 2);
    assert.ok((namespaces["users"]?.memoryHits ?? 0) >= 3 && (namespaces["users"]?.entries ?? 0) >= 2);
    assert.match((await plinth("stats")).stdout, /^NAMESPACE +HITS .*\nusers +\d+ % .*\n\n2 threads; store none, 0 errors\n$/);
  });

  test("says what cannot be done", async () => {
    const { code, stderr } = await plinth("explain", "posts", "1");
    assert.equal(code, 1);
    assert.match(stderr, /There are: users\..*E_CACHE_NAMESPACE_UNKNOWN/);
  });

  test("says what is wrong with a key", async () => {
    const { code, stderr } = await plinth("explain", "users", '["ada",3,null]');
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^E_CLI_ACTION_REFUSED: .*has a part that is neither a text nor a finite number: null\..*E_CACHE_KEY_INVALID/,
    );
  });

  test("says that a store which is away is told later", async () => {
    const service = ["--service", "cache:remote"];
    const cleared = await plinth("clear", "users", ...service);
    assert.equal(cleared.code, 0);
    assert.equal(
      cleared.stdout,
      "forgotten: namespace users\nin this process: the store is away, and it and other machines will be told when it is back (1 invalidation to be sent)\n",
    );
    const again = JSON.parse((await plinth("clear", "posts", "--json", ...service)).stdout) as { unsent: number };
    assert.ok(again.unsent >= 1);
    const local = JSON.parse((await plinth("clear", "--json")).stdout) as object;
    assert.deepEqual(local, { cleared: ["everything"], unsent: 0 });
  });
});
