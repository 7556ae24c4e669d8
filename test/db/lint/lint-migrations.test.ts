import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Kysely, sql } from "kysely";
import type { DatabaseDialect } from "#src/db/contract";
import { lintMigrations } from "#src/db/lint/lint-migrations";
import type { Migration, MigrationSchema } from "#src/db/migrate/migration";
import { migration } from "../migrate/support/migrations.ts";

const NAME = "20260101000000_change";

/** Ids of what the linter finds in these statements. */
async function findIn(engine: DatabaseDialect, statements: readonly string[], parts: Partial<Migration> = {}): Promise<string[]> {
  const up = async (db: Kysely<MigrationSchema>): Promise<void> => {
    for (const statement of statements) await sql.raw(statement).execute(db);
  };
  const findings = await lintMigrations({ engine, migrations: [migration(NAME, { up, ...parts })] });
  return findings.filter(({ ignored }) => ignored === undefined).map(({ id }) => id);
}

/** Each statement and what is to be found in it. */
const POSTGRES: readonly (readonly [string, readonly string[]])[] = [
  ["create index a on t (b)", ["index-not-concurrent"]],
  [`create unique index "a" on "public"."t" ("b")`, ["index-not-concurrent"]],
  ["drop index a", ["index-dropped-not-concurrent"]],
  ["alter table t add column b integer", []],
  ["alter table t add column b integer not null default 0", []],
  [`alter table "t" add column "b" integer not null`, ["column-not-null-without-default"]],
  ["alter table t add b text not null", ["column-not-null-without-default"]],
  ["alter table t add column b timestamptz not null default now()", []],
  ["alter table t add column b uuid default gen_random_uuid()", ["column-volatile-default"]],
  ["alter table t add column b double precision default (random() * 10)", ["column-volatile-default"]],
  ["alter table t add column b bigserial", ["column-volatile-default"]],
  ["alter table t add column b text default 'random()'", []],
  ["alter table t add column b integer generated always as (a + 1) stored", ["column-volatile-default"]],
  ["alter table t alter column b type bigint", ["column-type-changed"]],
  ["alter table t alter b set data type text", ["column-type-changed"]],
  ["alter table t alter column b set not null", ["not-null-scan"]],
  ["alter table t alter column b set default 5", []],
  ["alter table t add constraint f foreign key (b) references u (id)", ["foreign-key-validated"]],
  ["alter table t add constraint f foreign key (b) references u (id) not valid", []],
  ["alter table t add column b integer references u", ["foreign-key-validated"]],
  ["alter table t add constraint c check (b > 0)", ["check-validated"]],
  ["alter table t add constraint c check (b > 0) not valid", []],
  ["alter table t add constraint k unique (b)", ["constraint-builds-index"]],
  ["alter table t add primary key (b)", ["constraint-builds-index"]],
  ["alter table t add constraint k unique using index t_b", []],
  ["alter table t add column b integer unique", ["column-unique"]],
  ["alter table t validate constraint c", ["validated-with-lock"]],
  ["alter table t drop column b", ["column-dropped"]],
  [`alter table "t" drop "b"`, ["column-dropped"]],
  ["alter table t drop constraint c", []],
  ["alter table t alter column b drop not null", []],
  ["alter table t rename column a to b", ["column-renamed"]],
  ["alter table t rename a to b", ["column-renamed"]],
  ["alter table t rename constraint a to b", []],
  ["alter table t rename to u", ["table-renamed"]],
  ["drop table t", ["table-dropped"]],
  ["truncate t", ["table-truncated"]],
  ["update t set a = 1", ["backfill-unbounded"]],
  ["update t set a = 1 where id between 1 and 1000", []],
  ["delete from t", ["backfill-unbounded"]],
  ["alter table t set unlogged", ["table-rewritten"]],
  ["vacuum (verbose, full) t", ["long-lock"]],
  ["refresh materialized view v", ["long-lock"]],
  [
    "alter table t add column a integer, drop column b, add constraint c check (a in (1, 2))",
    ["column-dropped", "check-validated"],
  ],
  ["-- drop table t\nalter table t add column b text default 'drop table t; truncate t' /* rename */", []],
  ["create table t (a integer references u, b integer not null unique)", []],
];

const MYSQL: readonly (readonly [string, readonly string[]])[] = [
  ["alter table `t` add column `b` int, algorithm = instant", []],
  ["alter table t add column b int", ["alter-unstated"]],
  ["create index a on t (b)", ["alter-unstated"]],
  ["alter table t modify column b bigint", ["column-type-changed", "alter-unstated"]],
  ["alter table t change a b int, algorithm=inplace, lock=none", ["column-type-changed"]],
  ["alter table t add index a (b), algorithm=copy", ["alter-copies"]],
  ["alter table t add index a (b), algorithm=inplace, lock=shared", ["alter-copies"]],
  ["alter table t add column b int not null, algorithm=instant", ["column-not-null-without-default"]],
  ["alter table t add column b int not null default 0, algorithm=instant", []],
  ["alter table t add constraint f foreign key (b) references u (id)", ["alter-unstated", "foreign-key-validated"]],
  ["alter table t add column b int as (a + 1) stored, algorithm=copy", ["alter-copies", "column-stored-generated"]],
  ["alter table t drop primary key, algorithm=inplace", ["primary-key-changed"]],
  ["alter table t convert to character set utf8mb4", ["alter-unstated", "table-rewritten"]],
  ["alter table t engine = InnoDB", ["alter-unstated", "table-rewritten"]],
  ["alter table t add fulltext index a (b), algorithm=inplace", ["index-keeps-writes-out"]],
  ["alter table t drop index a, algorithm=inplace", []],
  ["alter table t rename index a to b, algorithm=inplace", []],
  ["rename table t to u", ["table-renamed"]],
  ["alter table t rename to u", ["table-renamed"]],
  ["alter table t rename column a to b, algorithm=instant", ["column-renamed"]],
  ['update t set a = "where"', ["backfill-unbounded"]],
  ["optimize table t", ["long-lock"]],
];

describe("the linter of migrations", () => {
  for (const [engine, cases] of [
    ["postgres", POSTGRES],
    ["mysql", MYSQL],
  ] as const) {
    for (const [statement, expected] of cases) {
      test(`finds ${expected.length === 0 ? "nothing" : expected.join(", ")} on ${engine}: ${statement}`, async () => {
        assert.deepEqual((await findIn(engine, [statement])).toSorted(), expected.toSorted());
      });
    }
  }

  test("lets a migration do what it likes with a table that it has created", async () => {
    const statements = [
      `create table "t" ("id" integer)`,
      `create index "i" on "t" ("id")`,
      `alter table "t" add column "b" integer not null references u`,
      `insert into "t" select 1`,
      `update "t" set "b" = 1`,
    ];
    assert.deepEqual(await findIn("postgres", statements), []);
    assert.deepEqual(await findIn("postgres", [...statements, "create index j on other (id)"]), ["index-not-concurrent"]);
  });

  test("knows what a transaction refuses", async () => {
    const statement = "create index concurrently a on t (b)";
    assert.deepEqual(await findIn("postgres", [statement]), ["concurrent-in-transaction"]);
    assert.deepEqual(await findIn("postgres", [statement], { transactional: false }), []);
    assert.deepEqual(await findIn("postgres", ["create table t (b int)", statement]), ["concurrent-in-transaction"]);
  });

  test("says when MySQL may stop half-way", async () => {
    const statements = ["create table a (id int)", "create table b (id int)"];
    assert.deepEqual(await findIn("mysql", statements), ["several-steps"]);
    assert.deepEqual(await findIn("mysql", statements, { rerunnable: true }), []);
  });

  test("looks at what Kysely's own builder says", async () => {
    const up = (db: Kysely<MigrationSchema>): Promise<void> =>
      db.schema
        .alterTable("t")
        .addColumn("b", "integer", (column) => column.notNull())
        .execute();
    assert.deepEqual(await findIn("postgres", [], { up }), ["column-not-null-without-default"]);
  });

  test("says where it could not look, and looks at what came before", async () => {
    const up = async (db: Kysely<MigrationSchema>): Promise<void> => {
      await sql`drop table t`.execute(db);
      await db.selectFrom("t").selectAll().executeTakeFirstOrThrow();
    };
    assert.deepEqual((await findIn("postgres", [], { up })).toSorted(), ["not-read-to-the-end", "table-dropped"]);
  });

  test("keeps quiet about what is meant so, and keeps its reason", async () => {
    const up = (db: Kysely<MigrationSchema>): Promise<unknown> => sql`drop table t`.execute(db);
    const lintIgnore = ["table-dropped: nobody has used it since spring"];
    const [finding] = await lintMigrations({
      engine: "postgres",
      migrations: [migration(NAME, { up: up as Migration["up"], lintIgnore })],
    });
    assert.deepEqual(
      [finding?.id, finding?.ignored, finding?.migration],
      ["table-dropped", "nobody has used it since spring", NAME],
    );
  });

  test("refuses an exception without a reason", async () => {
    await assert.rejects(findIn("postgres", [], { lintIgnore: ["table-dropped"] }), { code: "E_DB_LINT_IGNORE_INVALID" });
  });

  test("has nothing to say about SQLite", async () => {
    assert.deepEqual(await findIn("sqlite", ["drop table t"]), []);
  });

  test("takes no longer for a hostile statement than for any other", async () => {
    const begun = performance.now();
    for (const engine of ["postgres", "mysql"] as const) {
      await findIn(engine, [
        `alter table t ${"add column ".repeat(5_000)}`,
        `create ${"index on ".repeat(5_000)}`,
        `delete ${"a ".repeat(20_000)}`,
      ]);
    }
    assert.ok(performance.now() - begun < 5_000);
  });
});
