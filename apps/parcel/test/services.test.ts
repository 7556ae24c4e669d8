import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isPlinthError } from "plinth/core";
import { createTestApp } from "plinth/testing";
import parcel from "../app.ts";
import { TestData } from "./support/parcel.ts";

describe("where Parcel keeps things", () => {
  for (const slashes of ["", "//"]) {
    test(`is where file:${slashes} and sqlite:${slashes} say`, async () => {
      await using data = await TestData.open();
      const config = {
        ...data.settings,
        storageUrl: `file:${slashes}${data.path}/f`,
        databaseUrl: `sqlite:${slashes}${data.path}/d/app.db`,
      };
      await using app = await createTestApp(parcel, { config });
      assert.equal((await app.fetch("/")).status, 200);
      assert.ok(existsSync(join(data.path, "f", "incoming")));
      assert.ok(existsSync(join(data.path, "d", "app.db")));
    });
  }

  for (const [key, url, code] of [
    ["databaseUrl", "postgres://ada:hunter2@127.0.0.1:1/app", "E_DB_UNAVAILABLE"],
    ["storageUrl", "s3://bucket?secret=hunter2", "E_PARCEL_STORAGE_UNSUPPORTED"],
  ] as const) {
    test(`cannot be where ${url.split(":")[0]}: says: the start is refused, without the URL's password`, async () => {
      await using data = await TestData.open();
      await assert.rejects(
        createTestApp(parcel, { config: { ...data.settings, [key]: url } }),
        (thrown) => isPlinthError(thrown, code) && !thrown.message.includes("hunter2"),
      );
    });
  }
});
