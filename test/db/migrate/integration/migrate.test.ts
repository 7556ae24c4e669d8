import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import { isPlinthError } from "#src/core/mod";
import { migrate } from "#src/db/migrate/migrate";
import type { MigrationSchema } from "#src/db/migrate/migration";
import { assertMigrated, checkMigrations, migrationStatus } from "#src/db/migrate/migration-status";
import { resolveMigration } from "#src/db/migrate/resolve-migration";
import { rollback } from "#src/db/migrate/rollback";
import { FIRST, SECOND, THIRD, countRows, createsTable, migration, tablesOf } from "../support/migrations.ts";
import { onEachEngine } from "../support/on-each-engine.ts";

const states = async (...parameters: Parameters<typeof migrationStatus>): Promise<string[]> =>
  (await migrationStatus(...parameters)).map(({ name, state }) => `${name.slice(15)} ${state}`);

onEachEngine("migrate", {
  "applies what is pending, in order, and remembers it": async (own) => {
    const database = own.connect();
    assert.deepEqual((await migrate({ database, migrations: [FIRST, SECOND] })).done, [FIRST.name, SECOND.name]);
    assert.deepEqual(await migrate({ database, migrations: [FIRST, SECOND] }), { done: [], batch: undefined });
    assert.deepEqual((await migrate({ database, migrations: [FIRST, SECOND, THIRD] })).batch, 2);
    assert.deepEqual(await tablesOf(database.query), ["first_things", "second_things", "third_things"]);
    const [first] = await migrationStatus({ database, migrations: [FIRST, SECOND, THIRD] });
    assert.equal(first?.batch, 1);
    assert.match(first?.appliedAt ?? "", /^\d{4}-\d\d-\d\dT.*Z$/);
  },

  "reads the status of a database that was never migrated, and creates nothing": async (own) => {
    const database = own.connect();
    assert.deepEqual(await states({ database, migrations: [FIRST, SECOND] }), ["first pending", "second pending"]);
    await assert.rejects(assertMigrated({ database, migrations: [FIRST] }), { code: "E_DB_MIGRATIONS_PENDING", status: 503 });
    assert.equal((await database.query.introspection.getTables()).length, 0);
  },

  "refuses several statements in one text, of which some engines would run the first only": async (own) => {
    const several = migration(FIRST.name, {
      up: (db: Kysely<MigrationSchema>) =>
        sql`create table a (id integer); create table b (id integer)`.execute(db).then(() => undefined),
    });
    await assert.rejects(migrate({ database: own.connect(), migrations: [several] }), /several statements in one text/);
  },

  "stops at the target": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST, SECOND, THIRD], target: SECOND.name });
    assert.deepEqual(await tablesOf(database.query), ["first_things", "second_things"]);
    await assert.rejects(migrate({ database, migrations: [FIRST, SECOND, THIRD], target: "20269999_x" }), {
      code: "E_DB_MIGRATION_UNKNOWN",
    });
  },

  "refuses a changed migration until it is accepted": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST] });
    const changed = migration(FIRST.name, { text: "another text" });
    await assert.rejects(migrate({ database, migrations: [changed] }), { code: "E_DB_MIGRATION_CHANGED" });
    assert.deepEqual(await states({ database, migrations: [changed] }), ["first changed"]);
    await resolveMigration({ database, migrations: [changed], name: FIRST.name, as: "applied" });
    await assertMigrated({ database, migrations: [changed] });
  },

  "refuses when an applied migration is missing, until it is forgotten": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST, SECOND] });
    await assert.rejects(migrate({ database, migrations: [SECOND, THIRD] }), { code: "E_DB_MIGRATION_MISSING" });
    assert.deepEqual(await tablesOf(database.query), ["first_things", "second_things"]);
    await resolveMigration({ database, migrations: [SECOND, THIRD], name: FIRST.name, as: "rolled-back" });
    assert.deepEqual((await migrate({ database, migrations: [SECOND, THIRD] })).done, [THIRD.name]);
  },

  "takes a database that a newer version has migrated further for fine when it only looks": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST, SECOND] });
    assert.deepEqual(await checkMigrations({ database, migrations: [FIRST] }), {
      ok: true,
      pending: [],
      ahead: [SECOND.name],
      error: undefined,
    });
  },

  "refuses a migration that is older than the newest applied one, unless told otherwise": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST, THIRD] });
    await assert.rejects(migrate({ database, migrations: [FIRST, SECOND, THIRD] }), { code: "E_DB_MIGRATION_OUT_OF_ORDER" });
    await migrate({ database, migrations: [FIRST, SECOND, THIRD], allowOutOfOrder: true });
    assert.deepEqual(await tablesOf(database.query), ["first_things", "second_things", "third_things"]);
    // The latest run first, not the newest name.
    assert.deepEqual((await rollback({ database, migrations: [FIRST, SECOND, THIRD] })).done, [SECOND.name]);
  },

  "marks a database that has its tables already as migrated": async (own) => {
    const database = own.connect();
    await resolveMigration({ database, migrations: [FIRST, SECOND], name: FIRST.name, as: "applied" });
    assert.deepEqual((await migrate({ database, migrations: [FIRST, SECOND] })).done, [SECOND.name]);
  },

  "rolls back the last one, a number, the last run, or down to a target": async (own) => {
    const database = own.connect();
    const migrations = [FIRST, SECOND, THIRD];
    await migrate({ database, migrations: [FIRST] });
    await migrate({ database, migrations });
    assert.deepEqual((await rollback({ database, migrations })).done, [THIRD.name]);
    await migrate({ database, migrations });
    assert.deepEqual((await rollback({ database, migrations, target: FIRST.name })).done, [THIRD.name, SECOND.name]);
    await migrate({ database, migrations });
    assert.deepEqual((await rollback({ database, migrations, lastBatch: true })).done, [THIRD.name, SECOND.name]);
    assert.deepEqual((await rollback({ database, migrations, steps: 9 })).done, [FIRST.name]);
    assert.deepEqual(await tablesOf(database.query), []);
  },

  "rolls back nothing when one of them cannot be": async (own) => {
    const database = own.connect();
    const stuck = migration(SECOND.name, {});
    await migrate({ database, migrations: [FIRST, stuck, THIRD] });
    await assert.rejects(rollback({ database, migrations: [FIRST, stuck, THIRD], steps: 3 }), {
      code: "E_DB_MIGRATION_IRREVERSIBLE",
    });
    assert.deepEqual(await tablesOf(database.query), ["first_things", "third_things"]);
  },

  "streams rows through a migration": async (own) => {
    const database = own.connect();
    const seen: unknown[] = [];
    const copies = migration(SECOND.name, {
      up: async (db: Kysely<MigrationSchema>) => {
        await db
          .insertInto("first_things")
          .values([{ id: 1 }, { id: 2 }])
          .execute();
        for await (const row of db.selectFrom("first_things").select("id").orderBy("id").stream()) seen.push(row["id"]);
      },
    });
    await migrate({ database, migrations: [FIRST, copies] });
    assert.deepEqual(seen, [1, 2]);
  },
});

onEachEngine(
  "a migration that fails",
  {
    "is rolled back whole, and those before it stay": async (own) => {
      const database = own.connect();
      const bad = migration(SECOND.name, {
        up: async (db: Kysely<MigrationSchema>) => {
          await db.schema.createTable("half").addColumn("id", "integer").execute();
          await sql`insert into nowhere values (1)`.execute(db);
        },
      });
      const failed = await migrate({ database, migrations: [FIRST, bad, THIRD] }).catch((thrown: unknown) => thrown);
      assert.ok(isPlinthError(failed, "E_DB_MIGRATION_FAILED"));
      assert.match(failed.message, /second failed \(up\): .*nowhere.* rolled back/);
      assert.ok(failed.cause instanceof Error);
      assert.deepEqual(await tablesOf(database.query), ["first_things"]);
      assert.deepEqual(await states({ database, migrations: [FIRST, bad, THIRD] }), [
        "first applied",
        "second pending",
        "third pending",
      ]);
    },

    "may not start a transaction inside its own": async (own) => {
      const database = own.connect();
      const nested = migration(FIRST.name, {
        up: (db: Kysely<MigrationSchema>) => db.transaction().execute(async () => undefined),
      });
      await assert.rejects(migrate({ database, migrations: [nested] }), (error: Error) => {
        assert.ok(isPlinthError(error.cause, "E_DB_MIGRATION_NESTED"));
        return true;
      });
    },

    "may use transactions of its own when it says that it is in none": async (own) => {
      const database = own.connect();
      const nested = migration(SECOND.name, {
        transactional: false,
        up: (db: Kysely<MigrationSchema>) =>
          db.transaction().execute(async (transaction) => {
            await transaction.insertInto("first_things").values({ id: 7 }).execute();
          }),
      });
      await migrate({ database, migrations: [FIRST, nested] });
      assert.equal(await countRows(database.query, "first_things"), 1);
    },
  },
  ["sqlite", "postgres"],
);

onEachEngine("a migration without a transaction", {
  "that fails half-way is neither run again nor passed over until somebody says what is so": async (own) => {
    const database = own.connect();
    let broken = true;
    const half = migration(SECOND.name, {
      transactional: false,
      up: async (db: Kysely<MigrationSchema>) => {
        await db.schema.createTable("half").addColumn("id", "integer").execute();
        if (broken) await sql`insert into nowhere values (1)`.execute(db);
      },
    });
    const migrations = [FIRST, half, THIRD];
    await assert.rejects(migrate({ database, migrations }), (error: Error) => {
      assert.match(error.message, /It had done 1 statement\. It was at: insert into nowhere/);
      return isPlinthError(error, "E_DB_MIGRATION_FAILED");
    });
    const stuck = /state: failed.*done 1 statement.*--resolve applied 20260102000000_second/;
    await assert.rejects(migrate({ database, migrations }), stuck);
    await assert.rejects(rollback({ database, migrations }), { code: "E_DB_MIGRATION_INTERRUPTED" });
    assert.deepEqual(await states({ database, migrations }), ["first applied", "second failed", "third pending"]);

    await database.query.schema.dropTable("half").execute();
    broken = false;
    await resolveMigration({ database, migrations, name: half.name, as: "rolled-back" });
    assert.deepEqual((await migrate({ database, migrations })).done, [half.name, THIRD.name]);
  },

  "that fails at its first statement runs again": async (own) => {
    const database = own.connect();
    let broken = true;
    const first = migration(FIRST.name, {
      transactional: false,
      up: async (db: Kysely<MigrationSchema>) => {
        await sql`create table ${sql.raw(broken ? "" : "fine")} (id integer)`.execute(db);
      },
    });
    await assert.rejects(migrate({ database, migrations: [first] }), /first statement did not succeed, so it runs again/);
    broken = false;
    assert.deepEqual((await migrate({ database, migrations: [first] })).done, [first.name]);
  },

  "that may run again does so by itself": async (own) => {
    const database = own.connect();
    let attempts = 0;
    const again = migration(FIRST.name, {
      transactional: false,
      rerunnable: true,
      up: async (db: Kysely<MigrationSchema>) => {
        await db.schema.createTable("things").ifNotExists().addColumn("id", "integer").execute();
        attempts += 1;
        if (attempts === 1) throw new Error("the machine fell over");
      },
    });
    await assert.rejects(migrate({ database, migrations: [again] }), /fell over/);
    assert.deepEqual((await migrate({ database, migrations: [again] })).done, [again.name]);
    await assertMigrated({ database, migrations: [again] });
  },

  "that fails while it is rolled back is not taken for applied": async (own) => {
    const database = own.connect();
    const stuck = migration(SECOND.name, {
      transactional: false,
      up: async () => undefined,
      down: async (db: Kysely<MigrationSchema>) => {
        await db.schema.dropTable("first_things").execute();
        throw new Error("not this far");
      },
    });
    await migrate({ database, migrations: [FIRST, stuck] });
    await assert.rejects(rollback({ database, migrations: [FIRST, stuck] }), /not this far/);
    await assert.rejects(migrate({ database, migrations: [FIRST, stuck] }), { code: "E_DB_MIGRATION_INTERRUPTED" });
  },
});

onEachEngine(
  "a migration on SQLite",
  {
    "rebuilds a table that others refer to, and loses none of them": async (own) => {
      const database = own.connect();
      await sql`pragma foreign_keys = on`.execute(database.query);
      const tables = migration(FIRST.name, {
        up: async (db: Kysely<MigrationSchema>) => {
          await sql`create table parents (id integer primary key)`.execute(db);
          await sql`create table children (parent integer not null references parents (id) on delete cascade)`.execute(db);
          await sql`insert into parents values (1)`.execute(db);
          await sql`insert into children values (1)`.execute(db);
        },
      });
      const rebuild = migration(SECOND.name, {
        up: async (db: Kysely<MigrationSchema>) => {
          await sql`create table parents_new (id integer primary key, name text not null default '')`.execute(db);
          await sql`insert into parents_new (id) select id from parents`.execute(db);
          await sql`drop table parents`.execute(db);
          await sql`alter table parents_new rename to parents`.execute(db);
        },
      });
      await migrate({ database, migrations: [tables, rebuild] });
      assert.equal(await countRows(database.query, "children"), 1);
      await assert.rejects(sql`insert into children values (99)`.execute(database.query), { code: "E_DB_FOREIGN_KEY_VIOLATION" });
    },

    "may not leave rows that refer to nothing": async (own) => {
      const database = own.connect();
      await sql`pragma foreign_keys = on`.execute(database.query);
      const tables = migration(FIRST.name, {
        up: async (db: Kysely<MigrationSchema>) => {
          await sql`create table parents (id integer primary key)`.execute(db);
          await sql`create table children (parent integer references parents (id))`.execute(db);
          await sql`insert into parents values (1)`.execute(db);
          await sql`insert into children values (1)`.execute(db);
        },
      });
      const orphans = migration(SECOND.name, {
        up: (db: Kysely<MigrationSchema>) =>
          db
            .deleteFrom("parents")
            .execute()
            .then(() => undefined),
      });
      await assert.rejects(migrate({ database, migrations: [tables, orphans] }), /children 1 refers to parents/);
      assert.equal(await countRows(database.query, "parents"), 1);
    },
  },
  ["sqlite"],
);

onEachEngine(
  "a migration on PostgreSQL",
  {
    "builds an index concurrently, while others wait for the lock": async (own) => {
      const index = migration(SECOND.name, {
        transactional: false,
        up: (db: Kysely<MigrationSchema>) =>
          sql`create index concurrently first_id on first_things (id)`.execute(db).then(() => undefined),
      });
      const migrations = [FIRST, index];
      const reports = await Promise.all([1, 2, 3, 4].map(() => migrate({ database: own.connect(), migrations })));
      assert.deepEqual(reports.flatMap(({ done }) => done).sort(), [FIRST.name, index.name]);
    },

    "gives way to those who use the table, and tries again": async (own) => {
      const database = own.connect();
      await migrate({ database, migrations: [FIRST] });
      const reader = await own.connect().query.startTransaction().execute();
      await sql`select * from first_things`.execute(reader);
      let attempts = 0;
      const alters = migration(SECOND.name, {
        up: async (db: Kysely<MigrationSchema>) => {
          attempts += 1;
          if (attempts === 2) await reader.commit().execute();
          await sql`alter table first_things add column name text`.execute(db);
        },
      });
      await migrate({ database, migrations: [FIRST, alters], tableLockTimeout: "50ms" });
      assert.equal(attempts, 2);
    },

    "keeps schemas of one database apart": async (own) => {
      const database = own.connect();
      await sql`create schema other`.execute(database.query);
      await migrate({ database, migrations: [FIRST] });
      const name = new URL(own.url).pathname.slice(1);
      await sql`alter database ${sql.id(name)} set search_path = other`.execute(database.query);
      const other = own.connect(); // new sessions have the new path
      assert.deepEqual((await migrate({ database: other, migrations: [FIRST, createsTable(SECOND.name, "x")] })).done.length, 2);
    },
  },
  ["postgres"],
);
