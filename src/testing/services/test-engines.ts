import { type TestContext, test } from "node:test";
import type { EngineName } from "./contract.ts";
import { findService } from "./find-service.ts";
import { createTestDatabase } from "./test-database.ts";

const ENGINES: readonly EngineName[] = ["sqlite", "postgres", "mysql"];

/** What a test of {@link testEngines} is given. */
export interface EngineTest {
  readonly engine: EngineName;
  /** An empty database of the test's own. */
  readonly url: string;
  readonly t: TestContext;
}

/**
 * Registers a test once for each database engine, each with an empty database of its own. Where the machine has no such server the test is
 * skipped with the reason.
 *
 * @param name what the test shows; the engine's name is put behind it
 * @param engines default all three
 * @example
 * testEngines("keeps what was committed", async ({ url }) => {
 *   await using database = await openDatabase({ url });
 *   // …
 * });
 */
export function testEngines(
  name: string,
  run: (given: EngineTest) => void | Promise<void>,
  engines: readonly EngineName[] = ENGINES,
): void {
  for (const engine of engines) {
    void test(`${name} (${engine})`, async (t) => {
      const { missing } = engine === "sqlite" ? { missing: undefined } : await findService(engine);
      if (missing !== undefined) return t.skip(missing);
      await using database = await createTestDatabase(engine);
      await run({ engine, url: database.url, t });
    });
  }
}
