import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { lintDatabase } from "#src/cli/db-lint";
import { databaseStatus, migrateDatabase, rollbackDatabase } from "#src/cli/db-migrate";
import { checkDatabase, writeTypes } from "#src/cli/db-types";
import { testEngines } from "#src/testing/services/test-engines";
import { CREATE, FIRST, SECOND, makeDatabaseHome } from "../support/database-home.ts";
import type { Home } from "../support/home.ts";

interface VerbOptions {
  readonly app: string;
  readonly set: readonly string[];
}

/** What all verbs are given: the app of a folder, and its database. */
function optionsOf(home: Home, url: string): VerbOptions {
  return { app: home.path("app.ts"), set: [`databaseUrl=${url}`, "logLevel=warn"] };
}

testEngines("the database is migrated, typed, checked and rolled back", async ({ url }) => {
  using home = makeDatabaseHome();
  const options = optionsOf(home, url);

  const preview = await migrateDatabase(undefined, { ...options, dryRun: true });
  assert.match(preview, /^-- plinth_migrations\ncreate table if not exists/);
  assert.match(
    preview,
    /-- 20260101000000_create_files\n(?:begin;\n)?create table .files. \(.*\);\ninsert into .*; -- \["20260101/,
  );
  assert.match(preview, /-- 20260102000000_add_name\n(?:begin;\n)?alter table .files. add column .name. varchar\(100\);/);
  assert.match(await databaseStatus(options), /^NAME +STATE.*\n20260101000000_create_files +pending.*\n20260102/);

  assert.equal(await migrateDatabase(undefined, { ...options, to: FIRST }), `applied ${FIRST}\n`);
  const behind = await checkDatabase(options);
  assert.equal(behind.ok, false);
  assert.match(behind.text, /lacks 1 migrations: 20260102000000_add_name/);
  assert.equal(await migrateDatabase(undefined, options), `applied ${SECOND}\n`);
  assert.equal(await migrateDatabase(undefined, options), "There is nothing to do\n");
  const statuses = JSON.parse(await databaseStatus({ ...options, json: true })) as { state: string; batch: number }[];
  assert.deepEqual(
    statuses.map(({ state, batch }) => [state, batch]),
    [
      ["applied", 1],
      ["applied", 2],
    ],
  );

  assert.match(await writeTypes(options), /database-schema\.ts\n$/);
  assert.match(
    readFileSync(home.path("database-schema.ts"), "utf8"),
    / {2}files: \{\n {4}id: .*;\n {4}name: string \| null;\n {2}\};/,
  );
  assert.deepEqual(await checkDatabase(options), { ok: true, text: "The database and the code agree\n" });

  assert.match(await rollbackDatabase({ ...options, dryRun: true }), /drop column/);
  assert.equal(await rollbackDatabase(options), `rolled back ${SECOND}\n`);
  const drifted = await checkDatabase(options);
  assert.equal(drifted.ok, false);
  assert.match(
    drifted.text,
    /database-schema\.ts \(-\) is not what the database has \(\+\).*\n {2}- files {2}name: string \| null;\n/,
  );
  assert.equal(await rollbackDatabase({ ...options, steps: 5 }), `rolled back ${FIRST}\n`);
});

test("a changed migration is refused until it is accepted", async () => {
  using home = makeDatabaseHome();
  const options = optionsOf(home, `sqlite:${home.path("app.db")}`);
  await migrateDatabase(undefined, options);
  home.write(`migrations/${FIRST}.ts`, `${CREATE}\n// harmless\n`);
  await assert.rejects(migrateDatabase(undefined, options), { code: "E_DB_MIGRATION_CHANGED" });
  assert.match(await databaseStatus(options), /create_files +changed/);
  const accepted = await migrateDatabase(FIRST, { ...options, resolve: "applied" });
  assert.equal(accepted, `${FIRST} counts as applied now\n`);
  assert.equal(await migrateDatabase(undefined, options), "There is nothing to do\n");
});

test("half a resolution is refused", async () => {
  using home = makeDatabaseHome();
  const options = optionsOf(home, `sqlite:${home.path("app.db")}`);
  await assert.rejects(migrateDatabase(FIRST, options), { code: "E_CLI_RESOLUTION_INCOMPLETE" });
  await assert.rejects(migrateDatabase(undefined, { ...options, resolve: "applied" }), { code: "E_CLI_RESOLUTION_INCOMPLETE" });
});

test("migrations are linted without a database, and only what is grave fails", async () => {
  using home = makeDatabaseHome();
  const options = optionsOf(home, "postgres://nobody@127.0.0.1:1/nowhere");
  assert.deepEqual(await lintDatabase(options), { ok: true, text: "0 errors, 0 warnings, 0 notes\n" });
  home.write(
    "migrations/20260103000000_index.ts",
    `import { type Kysely, sql } from "plinth/db";
     export const lintIgnore = ["column-dropped: nobody reads it"];
     export async function up(db: Kysely<unknown>) {
       await sql\`create index files_name on files (name)\`.execute(db);
       await sql\`alter table files drop column name\`.execute(db);
     }`,
  );
  const { ok, text } = await lintDatabase(options);
  assert.equal(ok, false);
  assert.match(
    text,
    /^error {2}index-not-concurrent {2}20260103000000_index\n {2}files: create index.*\n.*\n {2}-> `create index/,
  );
  assert.match(text, /ignored {2}column-dropped {2}20260103000000_index: nobody reads it\n1 errors, 0 warnings, 0 notes\n$/);
  assert.equal((await lintDatabase({ ...options, since: "20260103000000_index" })).ok, true);
  assert.match((await lintDatabase({ ...options, engine: "sqlite" })).text, /no rules/);
});
