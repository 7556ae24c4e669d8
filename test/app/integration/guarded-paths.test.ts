import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import parcel from "../../../apps/parcel/app.ts";
import { TestData } from "../../../apps/parcel/test/support/parcel.ts";
import { serveParcel } from "../../../apps/parcel/test/support/server.ts";
import { describeRoutes } from "#src/app/describe-routes";
import { loadSettings } from "#src/app/settings";
import { KeepAliveConnection } from "../../support/keep-alive-client.ts";
import { mutatePath } from "../../support/path-mutations.ts";

/** Over sockets a sample; in the process all 5,000 are tried (test/http/lessons.test.ts). `SPELLINGS=5000` tries them here too. */
const SPELLINGS = Number(process.env["SPELLINGS"] ?? 1_000);
const CONNECTIONS = 8;

describe("CVE-2026-22031: no spelling of the path of a protected route of Parcel gets in without credentials", async () => {
  const data = await TestData.open();
  const settings = await loadSettings(parcel, { env: { APP_ENV: "test", ...data.env }, folder: data.path });
  const guarded = (await describeRoutes(parcel, settings)).filter(({ auth }) => auth !== "public");
  const server = await serveParcel(data);
  after(async () => {
    await server.stop();
    await data[Symbol.asyncDispose]();
  });

  for (const { method, path } of guarded) {
    test(`${method} ${path}`, async () => {
      const plain = path.replaceAll(/:\w+/g, "0198c0de-0000-7000-8000-000000000000");
      const spellings = [...mutatePath(plain, SPELLINGS)];
      const statuses = new Map<number, number>();
      const tryAll = async (): Promise<void> => {
        let connection = await KeepAliveConnection.open(server.url);
        for (let target = spellings.pop(); target !== undefined; target = spellings.pop()) {
          if (connection.isOver) connection = await KeepAliveConnection.open(server.url);
          const { status } = await connection.ask(method, target);
          assert.ok(status >= 400 && status < 500, `${JSON.stringify(target)} got ${status}`);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
        connection.close();
      };
      await Promise.all(Array.from({ length: CONNECTIONS }, tryAll));
      const seen = JSON.stringify([...statuses]);
      assert.ok((statuses.get(401) ?? 0) > 0, `some spellings mean the same path, and meet its guard: ${seen}`);
    });
  }

  test("there were such routes", () => assert.ok(guarded.length >= 3));
});
