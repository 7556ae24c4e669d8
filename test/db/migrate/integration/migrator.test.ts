import assert from "node:assert/strict";
import { ServiceGroup } from "#src/core/mod";
import { migrate } from "#src/db/migrate/migrate";
import { createMigrator } from "#src/db/migrate/migrator";
import { FIRST, SECOND, migration, tablesOf } from "../support/migrations.ts";
import { onEachEngine } from "../support/on-each-engine.ts";

onEachEngine("the migrator as a service", {
  "applies what is pending when it starts, in as many threads as start": async (own) => {
    const groups = Array.from({ length: 3 }, () => {
      const database = own.connect();
      return new ServiceGroup([createMigrator({ database, migrations: [FIRST, SECOND], mode: "auto" })]);
    });
    await Promise.all(groups.map((group) => group.start()));
    for (const group of groups) assert.deepEqual(await group.check(), [{ service: "migrator", error: undefined }]);
    assert.deepEqual(await tablesOf(own.connect().query), ["first_things", "second_things"]);
  },

  "starts without migrating, and is ready as soon as somebody else has": async (own) => {
    const database = own.connect();
    const group = new ServiceGroup([createMigrator({ database, migrations: [FIRST], mode: "check" })]);
    await group.start();
    const [refused] = await group.check();
    assert.match(String(refused?.error), /lacks 1 migrations: 20260101000000_first.*plinth db migrate/);
    assert.deepEqual(await tablesOf(database.query), []);
    await migrate({ database, migrations: [FIRST] });
    assert.equal((await group.check())[0]?.error, undefined);
  },

  "serves with a database that a newer version has migrated, also when it would migrate itself": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST, SECOND] });
    for (const mode of ["auto", "check"] as const) {
      const group = new ServiceGroup([createMigrator({ database, migrations: [FIRST], mode })]);
      await group.start();
      assert.equal((await group.check())[0]?.error, undefined);
    }
  },

  "does not start on a history that it does not understand": async (own) => {
    const database = own.connect();
    await migrate({ database, migrations: [FIRST] });
    const changed = migration(FIRST.name, { text: "changed" });
    for (const mode of ["auto", "check"] as const) {
      const group = new ServiceGroup([createMigrator({ database, migrations: [changed], mode })]);
      await assert.rejects(group.start(), { code: "E_DB_MIGRATION_CHANGED" });
    }
  },

  "applies by itself only on SQLite unless it is told": async (own) => {
    const database = own.connect();
    const group = new ServiceGroup([createMigrator({ database, migrations: [FIRST] })]);
    await group.start();
    assert.equal((await tablesOf(database.query)).length, own.engine === "sqlite" ? 1 : 0);
  },
});
