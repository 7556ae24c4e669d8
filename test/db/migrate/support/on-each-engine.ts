import type { DatabaseDialect } from "#src/db/contract";
import { type TestContext, describe } from "node:test";
import { testEngines } from "#src/testing/services/test-engines";
import { type OwnDatabase, type TestClient, openClient } from "./databases.ts";

export type EngineTest = (own: OwnDatabase, t: TestContext) => Promise<void>;

/** The same tests on every engine that this machine has, each in a database of its own. */
export function onEachEngine(
  what: string,
  tests: Readonly<Record<string, EngineTest>>,
  engines?: readonly DatabaseDialect[],
): void {
  describe(what, () => {
    for (const [behaviour, run] of Object.entries(tests)) {
      testEngines(behaviour, ({ engine, url, t }) => withClients(engine, url, (own) => run(own, t)), engines);
    }
  });
}

async function withClients(engine: DatabaseDialect, url: string, run: (own: OwnDatabase) => Promise<void>): Promise<void> {
  const clients: TestClient[] = [];
  const connect = (): TestClient => {
    const client = openClient(url);
    clients.push(client);
    return client;
  };
  try {
    await run({ engine, url, connect });
  } finally {
    await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
  }
}
