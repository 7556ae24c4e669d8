import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { SegmentTable } from "#src/core/mod";
import type { Redis } from "#src/redis/mod";
import { createDatabase } from "#src/db/mod";
import { createLimits } from "#src/ratelimit/create-limits";
import type { Limits, LimitsOptions } from "#src/ratelimit/limits";
import { limitTable } from "#src/ratelimit/sql-table";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";
import { type OwnServer, startOwnServer } from "#src/testing/services/own-server";
import { createTestDatabase } from "#src/testing/services/test-database";
import { until } from "../../app/integration/observe.ts";
import { createRecordingLog } from "../../http/support.ts";
import { openRedis, whenState } from "../../redis/support.ts";
import { requireBinary } from "../../support/services.ts";

const { skip } = requireBinary("redis-server");
const signal = new AbortController().signal;
/** How often other machines look, in milliseconds. */
const REFRESH = 5_000;
const WAIT = 5_000;

/** One process: memory of its own, and its own connection. */
interface Machine {
  readonly limits: Limits;
  readonly redis: Redis;
  readonly clock: FakeClock;
  readonly warnings: () => readonly string[];
}

async function openMachine(t: TestContext, server: OwnServer, more: Partial<LimitsOptions> = {}): Promise<Machine> {
  const redis = await openRedis({ url: server.url, connectTimeout: 1_000 });
  const clock = createFakeClock();
  const { log, lines } = createRecordingLog();
  const limits = createLimits({ memory: new SegmentTable(), redis, clock, log, ...more });
  await limits.start?.(signal);
  t.after(async () => {
    await limits.stop?.(signal);
    await redis[Symbol.asyncDispose]();
  });
  const warnings = (): string[] => lines.filter(({ level }) => level === "warn").map(({ message }) => message);
  return { limits, redis, clock, warnings };
}

const subjects = ({ limits }: Machine): string[] =>
  limits
    .access()
    .map(({ subject }) => subject)
    .sort();

/** Lets machines look again, until each knows just these. */
async function whenKnown(machines: readonly Machine[], wanted: readonly string[]): Promise<void> {
  for (const machine of machines) {
    const isSo = (): Promise<boolean> => {
      machine.clock.advance(REFRESH);
      return Promise.resolve(JSON.stringify(subjects(machine)) === JSON.stringify(wanted));
    };
    await until(`a machine knows ${wanted.join(", ")}`, WAIT, isSo);
  }
}

/** What Redis itself says, to whoever has seen nothing before. */
async function stored(t: TestContext, server: OwnServer): Promise<string[]> {
  return subjects(await openMachine(t, server));
}

async function comeBackEmpty(server: OwnServer, machines: readonly Machine[]): Promise<void> {
  await server.kill();
  for (const { redis } of machines) await whenState(redis, "down");
  await server.restart();
  for (const { redis } of machines) await whenState(redis, "ready");
}

describe("bans when Redis comes back empty", { skip }, () => {
  it("hold on, and are told to it again", async (t) => {
    await using server = await startOwnServer("redis");
    const [one, two] = [await openMachine(t, server), await openMachine(t, server)];
    await one.limits.ban("10.9.9.9");
    await two.limits.allow("10.8.8.8");
    await whenKnown([one, two], ["10.8.8.8", "10.9.9.9"]);
    await comeBackEmpty(server, [one, two]);
    const isTold = async (): Promise<boolean> => {
      one.clock.advance(REFRESH);
      return (await stored(t, server)).length === 2;
    };
    await until("one machine has told all", WAIT, isTold);
    await whenKnown([one, two], ["10.8.8.8", "10.9.9.9"]);
  });

  it("hold on where others have said something since", async (t) => {
    await using server = await startOwnServer("redis");
    const [one, two] = [await openMachine(t, server), await openMachine(t, server)];
    await one.limits.ban("10.6.6.6");
    await one.limits.ban("10.9.9.9");
    await whenKnown([two], ["10.6.6.6", "10.9.9.9"]);
    await comeBackEmpty(server, [one, two]);
    // A machine that starts now sees an empty store, and is the first to write to it.
    const three = await openMachine(t, server);
    await three.limits.ban("10.7.7.7");
    await three.limits.allow("10.9.9.9");
    await whenKnown([one, two, three], ["10.6.6.6", "10.7.7.7", "10.9.9.9"]);
    const verdicts = [one, two, three].map(
      ({ limits }) => limits.access().find(({ subject }) => subject === "10.9.9.9")?.verdict,
    );
    assert.deepEqual(verdicts, ["allow", "allow", "allow"], "what was said since is newer");
  });

  it("are forgotten when they are taken back, not told again", async (t) => {
    await using server = await startOwnServer("redis");
    const [one, two] = [await openMachine(t, server), await openMachine(t, server)];
    await one.limits.ban("10.9.9.9");
    await whenKnown([two], ["10.9.9.9"]);
    await two.limits.unban("10.9.9.9");
    await whenKnown([one, two], []);
    assert.deepEqual(await stored(t, server), []);
  });
});

describe("bans while Redis is away", { skip }, () => {
  async function goAway(server: OwnServer, machines: readonly Machine[]): Promise<void> {
    await server.kill();
    for (const { redis } of machines) await whenState(redis, "down");
  }

  async function comeBack(server: OwnServer, machines: readonly Machine[]): Promise<void> {
    await server.restart();
    for (const { redis } of machines) await whenState(redis, "ready");
  }

  it("hold at once in all threads, warn in the log, and are told as soon as it answers", async (t) => {
    await using server = await startOwnServer("redis");
    const memory = new SegmentTable();
    const threads = [await openMachine(t, server, { memory }), await openMachine(t, server, { memory })] as const;
    const other = await openMachine(t, server);
    const machines = [...threads, other];
    await goAway(server, machines);
    await threads[0].limits.ban("10.9.9.9", { reason: "scraping" });
    await threads[0].limits.allow("partner");
    assert.deepEqual(threads.map(subjects), [
      ["10.9.9.9", "partner"],
      ["10.9.9.9", "partner"],
    ]);
    assert.deepEqual(
      threads[0].warnings().filter((text) => text.includes("other machines")),
      Array.from({ length: 2 }, () => "the store of limits is away: other machines do not know yet what an operator has said"),
    );
    await comeBack(server, machines);
    // The thread that was not told looks first: what is untold is known to all threads.
    await whenKnown([threads[1], threads[0], other], ["10.9.9.9", "partner"]);
    assert.deepEqual(await stored(t, server), ["10.9.9.9", "partner"]);
  });

  it("are taken back at once, and stay so when it comes back with them", async (t) => {
    await using server = await startOwnServer("redis", { persist: true });
    const [one, two] = [await openMachine(t, server), await openMachine(t, server)];
    await one.limits.ban("10.9.9.9");
    await one.limits.ban("10.8.8.8");
    await whenKnown([two], ["10.8.8.8", "10.9.9.9"]);
    await goAway(server, [one, two]);
    await one.limits.unban("10.9.9.9");
    assert.deepEqual([subjects(one), one.warnings().length > 0], [["10.8.8.8"], true]);
    await comeBack(server, [one, two]);
    await whenKnown([one, two], ["10.8.8.8"]);
    assert.deepEqual(await stored(t, server), ["10.8.8.8"]);
  });

  it("survive that it comes back empty, beside what it was told before", async (t) => {
    await using server = await startOwnServer("redis");
    const one = await openMachine(t, server);
    await one.limits.ban("10.8.8.8");
    await whenKnown([one], ["10.8.8.8"]);
    await goAway(server, [one]);
    await one.limits.ban("10.9.9.9");
    await comeBack(server, [one]);
    await whenKnown([one], ["10.8.8.8", "10.9.9.9"]);
    const isTold = async (): Promise<boolean> => {
      one.clock.advance(REFRESH);
      return (await stored(t, server)).length === 2;
    };
    await until("all is told", WAIT, isTold);
  });
});

describe("bans in a database", () => {
  it("are known to all machines, and told to it as soon as it can keep them", async () => {
    await using database = await createTestDatabase("sqlite");
    await using db = createDatabase<unknown>({ url: database.url });
    const clock = createFakeClock();
    const [one, two] = [1, 2].map(() => createLimits({ memory: new SegmentTable(), db, clock })) as [Limits, Limits];
    await one.start?.(signal);
    await two.start?.(signal);
    // The tables are not there yet.
    await one.ban("10.9.9.9");
    await one.ban("10.8.8.8", { for: "1h" });
    await one.unban("10.9.9.9");
    const known = (limits: Limits): string =>
      limits
        .access()
        .map(({ subject }) => subject)
        .join(" ");
    assert.equal(known(one), "10.8.8.8");
    await limitTable().up(db.query, db);
    await until("the other knows", WAIT, () => {
      clock.advance(REFRESH);
      return Promise.resolve(known(two) === "10.8.8.8");
    });
    assert.equal(known(one), "10.8.8.8");
    await one.stop?.(signal);
    await two.stop?.(signal);
  });
});
