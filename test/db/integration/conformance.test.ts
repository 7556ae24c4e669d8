import { after, test } from "node:test";
import { systemClock } from "#src/core/mod";
import { openDriver } from "#src/db/open-driver";
import { databaseDriverSuite } from "#src/testing/database-driver-suite";
import { createTestDatabase } from "#src/testing/services/test-database";
import { findService } from "#src/testing/services/find-service";

const resources = { clock: systemClock, lockTimeout: 5_000 };

databaseDriverSuite.run("sqlite in memory", () => ({ driver: openDriver("sqlite::memory:", resources) }));

for (const engine of ["sqlite", "postgres", "mysql"] as const) {
  const { missing } = engine === "sqlite" ? { missing: undefined } : await findService(engine);
  if (missing !== undefined) {
    test(`database driver: ${engine}`, (t) => t.skip(missing));
    continue;
  }
  const database = await createTestDatabase(engine);
  after(() => database[Symbol.asyncDispose]());
  databaseDriverSuite.run(engine, () => ({ driver: openDriver(database.url, resources) }));
}
