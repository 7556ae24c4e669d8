import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { isPlinthError } from "plinth/core";
import { createTestApp } from "plinth/testing";
import parcel from "../app.ts";
import { DataFolder } from "./support/parcel.ts";

describe("where Parcel keeps things", () => {
  for (const slashes of ["", "//"]) {
    test(`is where file:${slashes} and sqlite:${slashes} say`, async () => {
      using data = new DataFolder();
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
    ["databaseUrl", "postgres://ada:hunter2@db/app", "E_PARCEL_DATABASE_UNSUPPORTED"],
    ["storageUrl", "s3://bucket", "E_PARCEL_STORAGE_UNSUPPORTED"],
  ] as const) {
    test(`cannot be ${url.split(":")[0]} yet: the start is refused, without the URL's password`, async () => {
      using data = new DataFolder();
      await assert.rejects(
        createTestApp(parcel, { config: { ...data.settings, [key]: url } }),
        (thrown) => isPlinthError(thrown, code) && !thrown.message.includes("hunter2") && thrown.message.includes("Set "),
      );
    });
  }
});
