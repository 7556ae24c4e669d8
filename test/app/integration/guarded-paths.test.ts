import assert from "node:assert/strict";
import { test } from "node:test";
import parcel from "../../../apps/parcel/app.ts";
import { DataFolder } from "../../../apps/parcel/test/support/parcel.ts";
import { serveParcel } from "../../../apps/parcel/test/support/server.ts";
import { describeRoutes } from "#src/app/describe-routes";
import { loadSettings } from "#src/app/settings";
import { KeepAliveConnection } from "../../support/keep-alive-client.ts";
import { mutatePath } from "../../support/path-mutations.ts";

const SPELLINGS = 5_000;
const CONNECTIONS = 8;

test("CVE-2026-22031: no spelling of the path of a protected route gets in without credentials", async (t) => {
  using data = new DataFolder();
  const settings = await loadSettings(parcel, { env: { APP_ENV: "test", ...data.env }, folder: data.path });
  const guarded = (await describeRoutes(parcel, settings)).filter(({ auth }) => auth !== "public");
  assert.ok(guarded.length >= 3);
  await using server = await serveParcel(data);
  for (const { method, path } of guarded) {
    await t.test(`${method} ${path}`, async () => {
      const plain = path.replaceAll(/:\w+/g, "0198c0de-0000-7000-8000-000000000000");
      const spellings = [...mutatePath(plain, SPELLINGS)];
      const statuses = new Map<number, number>();
      await Promise.all(
        Array.from({ length: CONNECTIONS }, async () => {
          let connection = await KeepAliveConnection.open(server.url);
          for (let target = spellings.pop(); target !== undefined; target = spellings.pop()) {
            if (connection.isOver) connection = await KeepAliveConnection.open(server.url);
            const { status } = await connection.ask(method, target);
            assert.ok(status >= 400 && status < 500, `${JSON.stringify(target)} got ${status}`);
            statuses.set(status, (statuses.get(status) ?? 0) + 1);
          }
          connection.close();
        }),
      );
      assert.ok(
        (statuses.get(401) ?? 0) > 20,
        `some spellings mean the same path, and meet its guard: ${JSON.stringify([...statuses])}`,
      );
    });
  }
});
