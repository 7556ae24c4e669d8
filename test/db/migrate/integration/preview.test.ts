import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import { migrate } from "#src/db/migrate/migrate";
import type { MigrationSchema } from "#src/db/migrate/migration";
import { previewMigrations, previewRollback } from "#src/db/migrate/preview";
import { FIRST, SECOND, migration, tablesOf } from "../support/migrations.ts";
import { onEachEngine } from "../support/on-each-engine.ts";

onEachEngine("a preview", {
  "has the SQL that would run, in order, and runs nothing": async (own) => {
    const database = own.connect();
    const previews = await previewMigrations({ database, migrations: [FIRST, SECOND] });
    assert.deepEqual(
      previews.map(({ name, reads, stoppedBy }) => [name, reads, stoppedBy]),
      [
        ["plinth_migrations", false, undefined],
        [FIRST.name, false, undefined],
        [SECOND.name, false, undefined],
      ],
    );
    const [create, record] = (previews[1]?.statements ?? []).filter((statement) => !["begin", "commit"].includes(statement.sql));
    assert.match(create?.sql ?? "", /^create table .first_things. \(.id. integer primary key\)$/);
    assert.match(record?.sql ?? "", /^insert into .plinth_migrations./);
    assert.ok(record?.parameters.includes(FIRST.name));
    const frame = previews[1]?.statements.map((statement) => statement.sql) ?? [];
    assert.equal(frame[0] === "begin" && frame.at(-1) === "commit", own.engine !== "mysql");
    assert.equal((await database.query.introspection.getTables()).length, 0);
  },

  "shows what a rollback would run": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST, SECOND] });
    const [preview, ...more] = await previewRollback({ database, migrations: [FIRST, SECOND] });
    assert.deepEqual(more, []);
    assert.equal(preview?.name, SECOND.name);
    assert.match(
      preview?.statements.map((statement) => statement.sql).join("\n") ?? "",
      /drop table .second_things.\ndelete from/,
    );
    assert.deepEqual(await tablesOf(database.query), ["first_things", "second_things"]);
  },

  "says when a migration reads data, and where it cannot go on without": async (own) => {
    const reads = migration(SECOND.name, {
      up: async (db: Kysely<MigrationSchema>) => {
        const { id } = await db.selectFrom("first_things").select("id").executeTakeFirstOrThrow();
        await sql`delete from first_things where id = ${id}`.execute(db);
      },
    });
    const previews = await previewMigrations({ database: own.connect(), migrations: [FIRST, reads] });
    const { reads: did, stoppedBy, statements = [] } = previews.at(-1) ?? {};
    assert.equal(did, true);
    assert.match(String(stoppedBy), /no result/i);
    assert.doesNotMatch(statements.map((statement) => statement.sql).join(), /delete|plinth_migrations/);
  },

  "refuses what the real run would refuse": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST] });
    await assert.rejects(previewMigrations({ database, migrations: [migration(FIRST.name, { text: "changed" })] }), {
      code: "E_DB_MIGRATION_CHANGED",
    });
    await assert.rejects(previewRollback({ database, migrations: [migration(FIRST.name, {})] }), {
      code: "E_DB_MIGRATION_IRREVERSIBLE",
    });
  },
});
