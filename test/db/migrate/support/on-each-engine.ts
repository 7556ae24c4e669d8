import { type TestContext, describe, test } from "node:test";
import type { MigrationEngine } from "#src/db/migrate/migration";
import { ENGINES, type TestDatabase, createTestDatabase } from "./databases.ts";

export type EngineTest = (database: TestDatabase, t: TestContext) => Promise<void>;

/** The same tests on every engine that this machine has, each in a database of its own. */
export function onEachEngine(
  what: string,
  tests: Readonly<Record<string, EngineTest>>,
  engines: readonly MigrationEngine[] = ENGINES,
): void {
  for (const engine of engines) {
    describe(`${what} on ${engine}`, () => {
      for (const [behaviour, run] of Object.entries(tests)) {
        test(behaviour, async (t) => {
          const database = await createTestDatabase(engine);
          if ("skip" in database) return t.skip(database.skip);
          await using own = database;
          await run(own, t);
        });
      }
    });
  }
}
