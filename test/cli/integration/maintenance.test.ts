import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TestServer } from "#src/testing/test-server";
import { connectToEachThread, isWhole, until } from "../../app/integration/observe.ts";
import type { CommandOutcome } from "../support/command.ts";
import { type OperatedServer, startOperated } from "../support/operated-server.ts";

describe("maintenance of a running program", () => {
  let operated: OperatedServer;
  let server: TestServer;
  before(async () => {
    operated = await startOperated({ MAINTENANCE: "true" });
    ({ server } = operated);
  });
  after(() => operated.stop());
  const plinth = (...words: readonly string[]): Promise<CommandOutcome> => operated.plinth(...words);

  /** What each thread answers. */
  async function statuses(): Promise<number[]> {
    const connections = await connectToEachThread(server.url, 2);
    const seen: number[] = [];
    for (const connection of connections.values()) {
      seen.push((await connection.get("/other")).status);
      connection.close();
    }
    return seen;
  }

  const probe = async (path: string): Promise<number> => (await fetch(new URL(path, server.adminUrl))).status;

  test("may hold from the start, leaves liveness, readiness and metrics alone, and ends in every thread", async () => {
    const answer = await fetch(new URL("/other", server.url));
    assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "600"]);
    assert.deepEqual([await probe("/livez"), await probe("/readyz"), await probe("/metrics")], [200, 200, 200]);
    const off = await plinth("maintenance", "off");
    assert.deepEqual([off.code, off.stdout, off.stderr], [0, "off: everything is served\n", ""]);
    await until("both threads serve", 5_000, async () => (await fetch(new URL("/other", server.url))).status === 204);
    assert.deepEqual(await statuses(), [204, 204]);
  });

  test("is in what the program says of itself", async () => {
    await plinth("maintenance", "on");
    assert.match((await plinth("status")).stdout, /is ready, under maintenance, up /);
    await plinth("maintenance", "off");
    assert.match((await plinth("status")).stdout, /is ready, up /);
  });

  test("begins all the same where it allows a route that there is none of, with a warning", async () => {
    const { code, stdout } = await plinth("maintenance", "on", "--allow", "/oter");
    assert.equal(code, 0);
    assert.match(stdout, /^warning: "\/oter" is no route that is served here; did you mean "\/other"\?\non since /);
    await plinth("maintenance", "off");
  });

  test("begins in every thread, holds in one that is started later, and can be bypassed", async () => {
    const on = await plinth(
      "maintenance",
      "on",
      "--message",
      "Moving house.",
      "--retry-after",
      "2m",
      "--allow",
      "/exit",
      "critical",
    );
    assert.deepEqual([on.code, on.stderr], [0, ""]);
    assert.match(
      on.stdout,
      /^on since 20\S+Z: Moving house\.\ncallers are told to come back after 2m\nserved all the same: \/exit, critical\n/,
    );
    const bypass = /Maintenance-Bypass: (\S+)\n$/.exec(on.stdout)?.[1] as string;
    await until("nothing is served", 5_000, async () => (await fetch(new URL("/other", server.url))).status === 503);

    await assert.rejects(fetch(new URL("/exit", server.url)));
    await until("the thread is replaced", 20_000, () => isWhole(server.adminUrl));
    for (let call = 0; call < 20; call++) {
      const closed = await fetch(new URL("/other", server.url), { headers: { connection: "close" } });
      assert.deepEqual([closed.status, ((await closed.json()) as { detail: string }).detail], [503, "Moving house."]);
      const open = await fetch(new URL("/other", server.url), {
        headers: { connection: "close", "maintenance-bypass": bypass },
      });
      assert.equal(open.status, 204);
    }
    const status = JSON.parse((await plinth("maintenance", "status", "--json")).stdout) as { on: boolean; bypass: string };
    assert.deepEqual([status.on, status.bypass], [true, bypass]);
    await plinth("maintenance", "off");
    assert.equal(server.log.filter((line) => JSON.stringify(line).includes(bypass)).length, 0, "the way past it is in no log");
  });
});
