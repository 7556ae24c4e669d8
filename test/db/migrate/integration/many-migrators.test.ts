import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import { migrate } from "#src/db/migrate/migrate";
import type { MigrationSchema, NamedMigration } from "#src/db/migrate/migration";
import { migrationStatus } from "#src/db/migrate/migration-status";
import { countRows, migration } from "../support/migrations.ts";
import { onEachEngine } from "../support/on-each-engine.ts";
import { makeMigrationFolder, startMigrator } from "../support/start-migrator.ts";

const MIGRATORS = 10;
/** The full measure is MIGRATOR_ROUNDS=20. */
const ROUNDS = Number(process.env["MIGRATOR_ROUNDS"] ?? 4);
const PROCESSES = 4;

/** Three migrations that would show it if one of them ran twice, or before the one before it. */
function migrationsOf(round: number): readonly NamedMigration[] {
  const table = `round_${round}`;
  const at = (number: number): string => `${String(round * 10 + number).padStart(4, "0")}_round_${round}`;
  const mark = (db: Kysely<MigrationSchema>) => sql`insert into ${sql.table(table)} (note) values ('ran')`.execute(db);
  return [
    migration(at(1), { up: (db) => sql`create table ${sql.table(table)} (note varchar(20))`.execute(db).then(() => undefined) }),
    migration(at(2), { up: (db: Kysely<MigrationSchema>) => mark(db).then(() => undefined) }),
    migration(at(3), { transactional: false, up: (db: Kysely<MigrationSchema>) => mark(db).then(() => undefined) }),
  ];
}

onEachEngine("many migrators at once", {
  [`${MIGRATORS} of them, ${ROUNDS} times: each migration runs once, and nobody fails`]: async (own) => {
    const clients = Array.from({ length: MIGRATORS }, () => own.connect());
    const migrations: NamedMigration[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const added = migrationsOf(round);
      migrations.push(...added);
      const current = [...migrations];
      const reports = await Promise.all(clients.map((database) => migrate({ database, migrations: current })));
      assert.deepEqual(
        reports.flatMap(({ done }) => done).sort(),
        added.map(({ name }) => name),
      );
      assert.equal(await countRows((clients[0] as (typeof clients)[0]).query, `round_${round}`), 2);
    }
  },

  [`${PROCESSES} processes: each migration runs once, and nobody fails`]: async (own) => {
    using folder = makeMigrationFolder({
      "0001_create": `
        import { sql } from "kysely";
        export const up = (db) => sql\`create table things (note varchar(20))\`.execute(db);`,
      "0002_fill": `
        import { sql } from "kysely";
        export const up = (db) => sql\`insert into things (note) values ('ran')\`.execute(db);`,
    });
    const migrators = Array.from({ length: PROCESSES }, () => startMigrator(own, folder.path));
    const outcomes = await Promise.all(migrators.map(({ ended }) => ended));
    assert.deepEqual(
      outcomes.map(({ code, stderr }) => [code, stderr]),
      outcomes.map(() => [0, ""]),
    );
    assert.deepEqual(outcomes.flatMap(({ stdout }) => JSON.parse(stdout) as string[]).sort(), ["0001_create", "0002_fill"]);
    const database = own.connect();
    assert.equal(await countRows(database.query, "things"), 1);
    assert.equal((await migrationStatus({ database, migrations: [] })).length, 2);
  },
});
