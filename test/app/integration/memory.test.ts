import { test } from "node:test";
import { startServer } from "#src/testing/test-server";
import { scrape, until } from "./observe.ts";

const MEGABYTE = 1_048_576;
const SELDOM = 500;

test("an idle server is small with one, two and three threads", { timeout: 120_000 }, async (t) => {
  for (const threads of [1, 2, 3]) {
    await using server = await startServer({ app: new URL("../../support/apps/busy.ts", import.meta.url), threads });
    const most = 120 + 40 * threads;
    let megabytes = Infinity;
    const isSmall = async (): Promise<boolean> => {
      megabytes = Math.round((await scrape(server.adminUrl, "process_resident_memory_bytes", {})) / MEGABYTE);
      return megabytes > 0 && megabytes < most;
    };
    // Who is asked a hundred times a second is not idle.
    await until(`${threads} threads take less than ${most} MB`, 30_000, isSmall, SELDOM);
    t.diagnostic(`${threads} threads: ${megabytes} MB resident`);
  }
});
