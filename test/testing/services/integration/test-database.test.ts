import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { findService } from "#src/testing/services/find-service";
import { openSql } from "#src/testing/services/sessions";
import { createTestDatabase } from "#src/testing/services/test-database";
import { type EngineTest, testEngines } from "#src/testing/services/test-engines";

const SERVERS = ["postgres", "mysql"] as const;

function serverOf({ engine }: EngineTest): "postgres" | "mysql" {
  assert.ok(engine !== "sqlite");
  return engine;
}

function nameOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** The names of all databases of a server. */
async function listNames(engine: "postgres" | "mysql"): Promise<ReadonlySet<unknown>> {
  const { url = "" } = await findService(engine);
  await using session = await openSql(engine, url);
  const sql =
    engine === "postgres"
      ? "SELECT datname AS name FROM pg_database"
      : "SELECT schema_name AS name FROM information_schema.schemata";
  return new Set((await session.query(sql)).map(({ name }) => name));
}

const EMPTY = {
  postgres: "SELECT count(*)::int AS n FROM pg_tables WHERE schemaname = 'public'",
  mysql: "SELECT count(*) AS n FROM information_schema.tables WHERE table_schema = database()",
};

describe("test database", () => {
  test("of SQLite stays while another test has moved the clock", async (t) => {
    await using database = await createTestDatabase("sqlite");
    const file = database.url.slice("sqlite:".length);
    new DatabaseSync(file).close();
    t.mock.method(Date, "now", () => 4_000_000_000_000);
    await using _ = await createTestDatabase("sqlite");
    assert.equal(existsSync(file), true);
  });

  testEngines(
    "is empty, takes any letter, and is named for its time",
    async (given) => {
      const engine = serverOf(given);
      assert.match(nameOf(given.url), /^plinth_test_\d{10}_[0-9a-f]{12}$/);
      assert.ok(Math.abs(Number(nameOf(given.url).split("_")[2]) * 1_000 - Date.now()) < 120_000);
      await using session = await openSql(engine, given.url);
      assert.equal((await session.query(EMPTY[engine]))[0]?.["n"], 0);
      await session.query("CREATE TABLE words (word varchar(20))");
      await session.query("INSERT INTO words VALUES ('grüße 😀')");
      assert.equal((await session.query("SELECT word FROM words"))[0]?.["word"], "grüße 😀");
    },
    SERVERS,
  );

  testEngines(
    "is dropped although connections are left and one holds a transaction open",
    async (given) => {
      const engine = serverOf(given);
      const database = await createTestDatabase(engine);
      const idle = await openSql(engine, database.url);
      const busy = await openSql(engine, database.url);
      await busy.query("CREATE TABLE t (id int)");
      await busy.query("BEGIN");
      await busy.query("INSERT INTO t VALUES (1)");
      await database[Symbol.asyncDispose]();
      assert.equal((await listNames(engine)).has(nameOf(database.url)), false);
      await assert.rejects(idle.query("SELECT 1"));
      await assert.rejects(busy.query("SELECT 1"));
    },
    SERVERS,
  );

  testEngines(
    "sweeps what is an hour old, and nothing else",
    async (given) => {
      const engine = serverOf(given);
      const old = Math.floor(Date.now() / 1_000) - 3_700;
      const tag = nameOf(given.url).slice(-12);
      const leftover = `plinth_test_${old}_${tag}`;
      const others = [`plinth_test_${old}_${tag}_mine`, `plinth_test_${old + 1_000}_${tag}`, `my_plinth_test_${old}_${tag}`];
      await using session = await openSql(engine, (await findService(engine)).url ?? "");
      for (const name of [leftover, ...others]) await session.query(`CREATE DATABASE ${name}`);
      try {
        await using _ = await createTestDatabase(engine);
        const names = await listNames(engine);
        assert.equal(names.has(leftover), false);
        assert.deepEqual(
          others.filter((name) => !names.has(name)),
          [],
        );
      } finally {
        for (const name of [leftover, ...others]) await session.query(`DROP DATABASE IF EXISTS ${name}`);
      }
    },
    SERVERS,
  );

  testEngines(
    "is one of its own for each of several at once",
    async (given) => {
      const engine = serverOf(given);
      const databases = await Promise.all(Array.from({ length: 4 }, () => createTestDatabase(engine)));
      assert.equal(new Set(databases.map(({ url }) => url)).size, 4);
      await Promise.all(databases.map((database) => database[Symbol.asyncDispose]()));
      const names = await listNames(engine);
      assert.equal(
        databases.some(({ url }) => names.has(nameOf(url))),
        false,
      );
    },
    SERVERS,
  );

  test("of SQLite is a file in a folder of its own, which goes with it, open or not", async () => {
    const database = await createTestDatabase("sqlite");
    assert.match(database.url, /^sqlite:\/.*\/plinth_test_\d+_[0-9a-f]+\/app\.db$/);
    const path = database.url.slice("sqlite:".length);
    const left = new DatabaseSync(path);
    left.exec("CREATE TABLE t (id int); BEGIN; INSERT INTO t VALUES (1)");
    assert.ok(existsSync(path));
    await database[Symbol.asyncDispose]();
    assert.equal(existsSync(dirname(path)), false);
    left.close();
  });

  test("of SQLite sweeps folders that are an hour old, and nothing else", async () => {
    const seconds = Math.floor(Date.now() / 1_000);
    const [old, young] = [3_700, 3_000].map((age) => join(tmpdir(), `plinth_test_${seconds - age}_0abc`)) as [string, string];
    for (const folder of [old, young]) mkdirSync(join(folder, "inner"), { recursive: true });
    await using _ = await createTestDatabase("sqlite");
    await using another = await createTestDatabase("sqlite");
    assert.equal(existsSync(old), false);
    assert.equal(existsSync(young), true);
    assert.equal(existsSync(dirname(another.url.slice("sqlite:".length))), true);
    const { rmSync } = await import("node:fs");
    rmSync(young, { recursive: true });
  });
});

describe("tests of all engines", () => {
  const seen: string[] = [];
  testEngines("are registered once for each engine", ({ engine, url, t }) => {
    seen.push(engine);
    assert.ok(url.startsWith(`${engine}:`));
    assert.match(t.name, new RegExp(`\\(${engine}\\)$`));
  });

  test("ran before this one, in their order", async () => {
    const isThere = async (engine: "postgres" | "mysql"): Promise<boolean> => (await findService(engine)).missing === undefined;
    const expected = [
      "sqlite",
      ...((await isThere("postgres")) ? ["postgres"] : []),
      ...((await isThere("mysql")) ? ["mysql"] : []),
    ];
    assert.deepEqual(seen, expected);
  });
});
