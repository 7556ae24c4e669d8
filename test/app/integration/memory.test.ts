import assert from "node:assert/strict";
import { test } from "node:test";
import { startServer } from "#src/testing/test-server";
import { scrape, until } from "./observe.ts";

const MEGABYTE = 1_048_576;

test("an idle server is small with one, two and three threads", { timeout: 120_000 }, async (t) => {
  for (const threads of [1, 2, 3]) {
    await using server = await startServer({ app: new URL("../../support/apps/busy.ts", import.meta.url), threads });
    let bytes = 0;
    await until("memory is measured", 20_000, async () => {
      bytes = await scrape(server.adminUrl, "process_resident_memory_bytes", {});
      return bytes > 0;
    });
    t.diagnostic(`${threads} threads: ${Math.round(bytes / MEGABYTE)} MB resident`);
    assert.ok(bytes < 250 * MEGABYTE, `${threads} threads take ${Math.round(bytes / MEGABYTE)} MB`);
  }
});
