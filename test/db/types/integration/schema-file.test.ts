import assert from "node:assert/strict";
import { sql } from "kysely";
import type { DatabaseDialect } from "#src/db/contract";
import { createDatabase } from "#src/db/create-database";
import { generateSchema } from "#src/db/types/schema-file";
import { testEngines } from "#src/testing/services/test-engines";

interface Kind {
  /** As it is declared. */
  readonly declared: string;
  /** A value, as SQL. */
  readonly value: string;
  /** The type that programs shall see. */
  readonly type: string;
}

const KINDS: Readonly<Record<DatabaseDialect, Readonly<Record<string, Kind>>>> = {
  sqlite: {
    whole: { declared: "integer not null", value: "5", type: "number" },
    large: { declared: "bigint not null", value: "5", type: "ColumnType<number, number | bigint, number | bigint>" },
    words: { declared: "text not null", value: "'a'", type: "string" },
    brief: { declared: "varchar(20)", value: "'a'", type: "string | null" },
    fraction: { declared: "double precision not null", value: "1.5", type: "number" },
    bytes: { declared: "blob not null", value: "x'00ff'", type: "Uint8Array" },
    flag: {
      declared: "boolean not null default 0",
      value: "1",
      type: "ColumnType<number, boolean | number | undefined, boolean | number>",
    },
    moment: {
      declared: "datetime",
      value: "'2026-01-01T00:00:00.000Z'",
      type: "ColumnType<string | null, Date | string | null | undefined, Date | string | null>",
    },
    document: { declared: "json not null default '{}'", value: "'{}'", type: "Generated<string>" },
    sum: { declared: "integer generated always as (whole + 1)", value: "", type: "GeneratedAlways<number | null>" },
  },
  postgres: {
    whole: { declared: "integer not null", value: "5", type: "number" },
    large: {
      declared: "bigint not null",
      value: "5",
      type: "ColumnType<number, number | bigint | string, number | bigint | string>",
    },
    exact: { declared: "numeric(10, 2) not null", value: "1.50", type: "ColumnType<string, number | string, number | string>" },
    fraction: { declared: "double precision not null", value: "1.5", type: "number" },
    words: { declared: "text not null", value: "'a'", type: "string" },
    brief: { declared: "varchar(20)", value: "'a'", type: "string | null" },
    id_of: { declared: "uuid not null default gen_random_uuid()", value: "gen_random_uuid()", type: "Generated<string>" },
    flag: { declared: "boolean not null default false", value: "true", type: "Generated<boolean>" },
    moment: {
      declared: "timestamptz not null default now()",
      value: "now()",
      type: "ColumnType<Date, Date | string | undefined, Date | string>",
    },
    local: {
      declared: "timestamp",
      value: "now()",
      type: "ColumnType<Date | null, Date | string | null | undefined, Date | string | null>",
    },
    day: { declared: "date not null", value: "'2026-01-01'", type: "string" },
    span: { declared: "interval not null", value: "'1 day'", type: "ColumnType<object, string, string>" },
    document: { declared: "jsonb not null", value: `'{"a":1}'`, type: "ColumnType<unknown, string, string>" },
    bytes: { declared: "bytea not null", value: String.raw`'\x00ff'`, type: "Uint8Array" },
    mood: { declared: "mood not null", value: "'it''s fine'", type: `"sad" | "it's fine"` },
    moods: { declared: "mood[] not null", value: "'{sad}'", type: "string" },
    tags: {
      declared: "text[] not null default '{}'",
      value: "'{a,b}'",
      type: "ColumnType<string[], string[] | string | undefined, string[] | string>",
    },
    counts: {
      declared: "bigint[]",
      value: "'{1,2}'",
      type: "ColumnType<number[] | null, number[] | string | null | undefined, number[] | string | null>",
    },
    days: { declared: "date[] not null", value: "'{2026-01-01}'", type: "ColumnType<Date[], Date[] | string, Date[] | string>" },
    address: { declared: "inet not null", value: "'10.0.0.1'", type: "string" },
    email: { declared: "email", value: "'a@b'", type: "string" },
    period: { declared: "int4range", value: "'[1,5)'", type: "string | null" },
    place: { declared: "point not null", value: "'(1,2)'", type: "ColumnType<{ x: number; y: number }, string, string>" },
    sum: { declared: "integer generated always as (whole + 1) stored", value: "", type: "GeneratedAlways<number | null>" },
  },
  mysql: {
    whole: { declared: "int not null", value: "5", type: "number" },
    large: {
      declared: "bigint unsigned not null",
      value: "5",
      type: "ColumnType<number, number | bigint | string, number | bigint | string>",
    },
    exact: { declared: "decimal(10, 2) not null", value: "1.50", type: "ColumnType<string, number | string, number | string>" },
    fraction: { declared: "double not null", value: "1.5", type: "number" },
    words: { declared: "text not null", value: "'a'", type: "string" },
    brief: { declared: "varchar(20)", value: "'a'", type: "string | null" },
    flag: {
      declared: "boolean not null default 0",
      value: "1",
      type: "ColumnType<number, boolean | number | undefined, boolean | number>",
    },
    moment: {
      declared: "datetime(3)",
      value: "now()",
      type: "ColumnType<Date | null, Date | string | null | undefined, Date | string | null>",
    },
    stamp: {
      declared: "timestamp not null default current_timestamp",
      value: "now()",
      type: "ColumnType<Date, Date | string | undefined, Date | string>",
    },
    day: { declared: "date not null", value: "'2026-01-01'", type: "string" },
    hour: { declared: "time not null", value: "'10:00:00'", type: "string" },
    born: { declared: "year not null", value: "2026", type: "number" },
    bytes: { declared: "varbinary(20) not null", value: "x'00ff'", type: "Uint8Array" },
    mood: {
      declared: "enum('sad', 'it''s fine') not null default 'sad'",
      value: "'sad'",
      type: `Generated<"sad" | "it's fine">`,
    },
    choices: { declared: "set('a', 'b') not null", value: "'a,b'", type: "string" },
    sum: { declared: "int generated always as (whole + 1) stored", value: "", type: "GeneratedAlways<number | null>" },
  },
};

const SETUP: Readonly<Record<DatabaseDialect, readonly string[]>> = {
  sqlite: [],
  postgres: [
    "create type mood as enum ('sad', 'it''s fine')",
    "create domain short_text as text check (length(value) < 100)",
    "create domain email as short_text not null",
  ],
  mysql: [],
};

const KEY: Readonly<Record<DatabaseDialect, string>> = {
  sqlite: "id integer primary key",
  postgres: "id integer generated by default as identity primary key",
  mysql: "id integer not null auto_increment primary key",
};

/** Whether a value that was read is what its type says. */
function fits(value: unknown, type: string): boolean {
  const read = /^(?:ColumnType|Generated|GeneratedAlways)</.test(type)
    ? (/<(.*?)(?:, (?=[^:]*$)|>$)/.exec(type)?.[1] ?? "")
    : type;
  const [first = ""] = read.split(",").map((text) => text.trim());
  if (first.startsWith("string[]")) return Array.isArray(value) && value.every((item) => typeof item === "string");
  if (first.startsWith("number[]")) return Array.isArray(value) && value.every((item) => typeof item === "number");
  if (first.startsWith("Date[]")) return Array.isArray(value) && value.every((item) => item instanceof Date);
  if (first.startsWith("Date")) return value instanceof Date;
  if (first.startsWith("Uint8Array")) return value instanceof Uint8Array;
  if (first.startsWith("object") || first.startsWith("{") || first.startsWith("unknown")) return typeof value === "object";
  if (first.startsWith('"')) return typeof value === "string";
  return typeof value === first.split(" ")[0];
}

testEngines("types are what the driver gives, column by column", async ({ engine, url }) => {
  const database = createDatabase<Record<string, Record<string, unknown>>>({ url });
  try {
    const run = (text: string): Promise<unknown> => sql.raw(text).execute(database.query);
    const kinds = Object.entries(KINDS[engine]);
    for (const statement of SETUP[engine]) await run(statement);
    await run(`create table samples (${KEY[engine]}, ${kinds.map(([name, { declared }]) => `${name} ${declared}`).join(", ")})`);
    const text = await generateSchema(database);
    for (const [name, { type }] of kinds) assert.ok(text.includes(`\n    ${name}: ${type};\n`), `${name}: ${type} in\n${text}`);
    assert.match(text, /\n    id: Generated<number>;\n/);

    const written = kinds.filter(([, { value }]) => value !== "");
    const names = written.map(([name]) => name).join(", ");
    await run(`insert into samples (${names}) values (${written.map(([, { value }]) => value).join(", ")})`);
    const row = await database.query.selectFrom("samples").selectAll().executeTakeFirstOrThrow();
    for (const [name, { type }] of kinds) assert.ok(fits(row[name], type), `${name} is ${String(row[name])}, not ${type}`);
  } finally {
    await database.stop?.(AbortSignal.timeout(5_000));
  }
});

testEngines(
  "the same database gives the same text, however it was built, and Plinth's own tables are not in it",
  async ({ engine, url }) => {
    const database = createDatabase({ url });
    const quoted = (name: string): string => (engine === "mysql" ? `\`${name}\`` : `"${name}"`);
    try {
      const run = (text: string): Promise<unknown> => sql.raw(text).execute(database.query);
      await run(`create table zebras (name varchar(20) not null, age integer not null)`);
      await run(`create table ants (${quoted("odd name")} integer not null, ${quoted("class")} integer not null)`);
      await run(`create table plinth_migrations (name varchar(20))`);
      await run(`create view old_zebras as select name from zebras where age > 20`);
      const first = await generateSchema(database);
      assert.match(
        first,
        /^\/\/ Written by `plinth db types`.*\n.*\nimport type \{ ColumnType \} from "plinth\/db";\n\nexport interface Schema \{\n  ants: \{\n    class: number;\n    "odd name": number;\n  \};\n  old_zebras: \{\n    name: ColumnType<string(?: \| null)?, never, never>;\n  \};\n  zebras: \{\n    age: number;\n    name: string;\n  \};\n\}\n$/,
      );
      await run("drop view old_zebras");
      await run("drop table zebras");
      await run(`create table zebras (age integer not null, name varchar(20) not null)`);
      await run(`create view old_zebras as select name from zebras where age > 20`);
      assert.equal(await generateSchema(database), first);
    } finally {
      await database.stop?.(AbortSignal.timeout(5_000));
    }
  },
);
