import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { TestServer } from "#src/testing/test-server";
import { connectToEachThread } from "../../app/integration/observe.ts";
import type { CommandOutcome } from "../support/command.ts";
import { type OperatedServer, startOperated } from "../support/operated-server.ts";

const APP = new URL("../../support/apps/limited.ts", import.meta.url);

describe("limits of a running program", () => {
  let operated: OperatedServer;
  let server: TestServer;
  before(async () => {
    operated = await startOperated({}, APP);
    ({ server } = operated);
  });
  after(() => operated.stop());
  const plinth = (...words: readonly string[]): Promise<CommandOutcome> => operated.plinth("limits", ...words);

  /** What each thread answers, asked `times` times. */
  async function statuses(times = 1): Promise<number[]> {
    const connections = await connectToEachThread(server.url, 2);
    const seen: number[] = [];
    for (const connection of connections.values()) {
      for (let call = 0; call < times; call += 1) seen.push((await connection.get("/few")).status);
      connection.close();
    }
    return seen;
  }

  test("are counted over its threads, shown, and forgotten", async () => {
    // Each thread was asked once to know it, whoever serves what.
    const first = await statuses(3);
    const passed = first.filter((status) => status === 200).length;
    assert.ok(passed <= 5 && first.includes(429), first.join(" "));
    const shown = await plinth("show", "127.0.0.1");
    assert.deepEqual([shown.code, shown.stderr], [0, ""]);
    assert.match(shown.stdout, /^LIMIT +NEXT CALL +LEFT +WHOLE IN\nfew +refused +0 +\d+/);
    const reset = await plinth("reset", "127.0.0.1", "--policy", "few");
    assert.deepEqual([reset.code, reset.stdout, reset.stderr], [0, "forgotten: few\n", ""]);
    assert.match((await plinth("show", "127.0.0.1")).stdout, /few +passes +5 /);
  });

  test("tell who was refused most, over all threads", async () => {
    await statuses(5);
    const top = JSON.parse((await plinth("top", "--json")).stdout) as {
      offenders: { key: string; policy: string; refusals: number }[];
    };
    assert.equal(top.offenders.length, 1);
    const [{ key, policy, refusals }] = top.offenders as [(typeof top.offenders)[0]];
    assert.deepEqual([key, policy], ["127.0.0.1", "few"]);
    assert.ok(refusals >= 5, String(refusals));
    assert.match((await plinth("top", "--most", "1")).stdout, /^REFUSALS +LIMIT +KEY +LAST\n\d+ +few +127\.0\.0\.1 +20/);
  });

  test("block whom they are told to, in all threads, until it is taken back", async () => {
    await plinth("reset", "127.0.0.1");
    const banned = await plinth("ban", "127.0.0.0/8", "--for", "1h", "--reason", "scraping");
    assert.deepEqual([banned.code, banned.stderr], [0, ""]);
    assert.match(banned.stdout, /^VERDICT +SUBJECT +UNTIL +REASON\nblock +127\.0\.0\.0\/8 +20\S+Z +scraping/);
    const answer = await fetch(new URL("/few", server.url));
    assert.equal(answer.status, 403);
    assert.equal(((await answer.json()) as { code: string }).code, "E_HTTP_CALLER_BLOCKED");
    assert.ok(Number(answer.headers.get("retry-after")) > 3_500);
    const shown = await plinth("show", "127.0.0.1");
    assert.match(shown.stdout, /^blocked until 20\S+Z, as 127\.0\.0\.0\/8 is: scraping\n\nLIMIT +NEXT CALL/);
    const { access } = JSON.parse((await plinth("show", "127.0.0.1", "--json")).stdout) as { access: { subject: string } };
    assert.equal(access.subject, "127.0.0.0/8");
    await plinth("allow", "127.0.0.1");
    assert.match((await plinth("show", "127.0.0.1")).stdout, /^let through for ever\n\nLIMIT/);
    assert.deepEqual([...new Set(await statuses(6))], [200], "whoever is allowed is not limited");
    await plinth("unban", "127.0.0.1");
    assert.deepEqual([...new Set(await statuses(2))], [403]);
    await plinth("unban", "127.0.0.0/8");
    assert.match((await plinth("show", "127.0.0.1")).stdout, /^LIMIT/);
    assert.equal((await plinth("list")).stdout, "nobody is blocked or let through\n");
    assert.equal((await fetch(new URL("/few", server.url))).status, 200);
  });

  test("say what cannot be done", async () => {
    for (const [words, expected] of [
      [["ban", "10.0.0.0/99"], /E_RATELIMIT_SUBJECT_INVALID/],
      [["reset", "x", "--policy", "many"], /E_RATELIMIT_POLICY_UNKNOWN/],
      [["ban", "10.0.0.1", "--for", "soon"], /`for` must be .*E_CORE_INPUT_INVALID/],
      [["ban", "10.0.0.1", "--for", "-1h"], /`for` must be .*E_CORE_INPUT_INVALID/],
      [["ban", "10.0.0.1", "--for", "0s"], /`for` must be .*E_CORE_INPUT_INVALID/],
      [["top", "--most", "abc"], /`most` must be .*E_CORE_INPUT_INVALID/],
      [["top", "--service", "cache"], /E_APP_SERVICE_UNKNOWN.*limits|limits/],
    ] as const) {
      const { code, stderr } = await plinth(...words);
      assert.equal(code, 1, words.join(" "));
      assert.match(stderr, expected);
    }
  });

  test("write to the log who did what", async () => {
    const line = server.log.find(
      (entry) => entry["message"] === "an operator acted" && String(entry["action"]).includes("/-/services"),
    );
    assert.ok(line !== undefined);
    assert.match(JSON.stringify(line["input"]), /"service":"limits"/);
  });
});
