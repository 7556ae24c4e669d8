import assert from "node:assert/strict";
import { once } from "node:events";
import { loadMigrations } from "#src/db/migrate/load-migrations";
import { migrate } from "#src/db/migrate/migrate";
import { migrationStatus } from "#src/db/migrate/migration-status";
import { resolveMigration } from "#src/db/migrate/resolve-migration";
import type { OwnDatabase } from "../support/databases.ts";
import { tablesOf } from "../support/migrations.ts";
import { onEachEngine } from "../support/on-each-engine.ts";
import { type MigrationFolder, type MigratorProcess, makeMigrationFolder, startMigrator } from "../support/start-migrator.ts";

const FIRST = "0001_first";
const SECOND = "0002_second";

const createFirst = `export const up = (db) => db.schema.createTable("first_things").addColumn("id", "integer").execute();`;

/** Creates one table, says so, and never comes to the next. */
const HANGS_HALFWAY = `
export async function up(db) {
  await db.schema.createTable("half").ifNotExists().addColumn("id", "integer").execute();
  console.log("half-way");
  await new Promise(() => undefined);
}`;

const WHOLE = `
export async function up(db) {
  await db.schema.createTable("half").ifNotExists().addColumn("id", "integer").execute();
  await db.schema.createTable("other_half").addColumn("id", "integer").execute();
}`;

/** A migrator that stands in the middle of the second migration, and has the lock. */
async function standHalfway(own: OwnDatabase, folder: MigrationFolder): Promise<MigratorProcess> {
  const migrator = startMigrator(own, folder.path);
  const said = await Promise.race([once(migrator.child.stdout as NodeJS.ReadableStream, "data"), migrator.ended]);
  assert.match(JSON.stringify(said), /half-way/);
  return migrator;
}

async function kill({ child, ended }: MigratorProcess): Promise<void> {
  child.kill("SIGKILL");
  await ended;
}

onEachEngine(
  "a migrator that is killed in the middle of a transaction",
  {
    "leaves nothing of it, and the next one does it whole": async (own) => {
      using folder = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: HANGS_HALFWAY });
      await kill(await standHalfway(own, folder));
      const database = own.connect();
      using fresh = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: WHOLE });
      const { done } = await migrate({ database, migrations: await loadMigrations(fresh.path) });
      assert.deepEqual(done, [SECOND]);
      assert.deepEqual(await tablesOf(database.query), ["first_things", "half", "other_half"]);
    },

    "hands the lock to the one that waits": async (own) => {
      using folder = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: HANGS_HALFWAY });
      const first = await standHalfway(own, folder);
      using whole = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: WHOLE });
      const waiting = migrate({ database: own.connect(), migrations: await loadMigrations(whole.path) });
      const early = await Promise.race([waiting, new Promise((resolve) => setImmediate(resolve, "still waiting"))]);
      assert.equal(early, "still waiting");
      await kill(first);
      assert.deepEqual((await waiting).done, [SECOND]);
    },
  },
  ["sqlite", "postgres"],
);

onEachEngine("a migrator that is killed in the middle of a migration without a transaction", {
  "leaves a state that the next one explains and refuses to guess about": async (own) => {
    const text = `export const transactional = false;\n${HANGS_HALFWAY}`;
    using folder = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: text });
    await kill(await standHalfway(own, folder));
    const database = own.connect();
    using whole = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: WHOLE });
    const migrations = await loadMigrations(whole.path);
    await assert.rejects(migrate({ database, migrations }), {
      code: "E_DB_MIGRATION_INTERRUPTED",
      message:
        /0002_second was cut off.*It had done 1 statement\. The last one: create table.*half.*--resolve rolled-back 0002_second/,
    });
    const status = await migrationStatus({ database, migrations });
    assert.deepEqual(
      status.map(({ state }) => state),
      ["applied", "running"],
    );
    await resolveMigration({ database, migrations, name: SECOND, as: "rolled-back" });
    assert.deepEqual((await migrate({ database, migrations })).done, [SECOND]);
  },

  "goes on by itself when the migration says that it may run again": async (own) => {
    const header = "export const transactional = false, rerunnable = true;\n";
    using folder = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: header + HANGS_HALFWAY });
    await kill(await standHalfway(own, folder));
    using whole = makeMigrationFolder({ [FIRST]: createFirst, [SECOND]: header + WHOLE });
    const database = own.connect();
    assert.deepEqual((await migrate({ database, migrations: await loadMigrations(whole.path) })).done, [SECOND]);
    assert.deepEqual(await tablesOf(database.query), ["first_things", "half", "other_half"]);
  },
});
