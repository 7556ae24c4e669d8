// Kysely with its own dialects, over drivers that keep their prepared statements.
import { createHash } from "node:crypto";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type Dialect, Kysely, MysqlDialect, PostgresDialect, SqliteDialect } from "kysely";
import type { EngineName } from "../../src/testing/mod.ts";
import { type Operations, sqliteFile } from "./drivers.ts";

export interface Tables {
  items: { id: number; name: string; price: number };
  events: { name: string; price: number };
}

const CONNECTIONS = 8;

export async function openKysely(engine: EngineName, url: string): Promise<Operations> {
  const db = new Kysely<Tables>({ dialect: await dialectFor(engine, url) });
  return {
    ...operationsOf(db),
    transaction: (id) =>
      db.transaction().execute(async (tx) => {
        const { price } = await readOf(tx, id).executeTakeFirstOrThrow();
        await tx
          .updateTable("items")
          .set({ price: price + 1 })
          .where("id", "=", id)
          .execute();
      }),
    close: () => db.destroy(),
  };
}

const readOf = (db: Kysely<Tables>, id: number) => db.selectFrom("items").select(["id", "name", "price"]).where("id", "=", id);

/** The same queries for Kysely by itself and for Plinth's. */
export function operationsOf(db: Kysely<Tables>): Pick<Operations, "read" | "insert"> {
  return {
    read: (id) => readOf(db, id).executeTakeFirst(),
    insert: (id) =>
      db
        .insertInto("events")
        .values({ name: `event ${id}`, price: id })
        .execute(),
  };
}

async function dialectFor(engine: EngineName, url: string): Promise<Dialect> {
  if (engine === "sqlite") return new SqliteDialect({ database: withStatementCache(sqliteFile(url)) });
  return engine === "postgres" ? postgresDialect(url) : mysqlDialect(url);
}

/** `node:sqlite` in the shape that the dialect wants. */
function withStatementCache(database: DatabaseSync): ConstructorParameters<typeof SqliteDialect>[0]["database"] & object {
  const statements = new Map<string, ReturnType<typeof shapeOf>>();
  return {
    close: () => database.close(),
    prepare(text: string) {
      let statement = statements.get(text);
      if (statement === undefined) statements.set(text, (statement = shapeOf(database.prepare(text), /^\s*select/i.test(text))));
      return statement;
    },
  } as never;
}

function shapeOf(statement: StatementSync, reader: boolean): object {
  return {
    reader,
    all: (values: readonly never[]) => statement.all(...values),
    run: (values: readonly never[]) => statement.run(...values),
    iterate: (values: readonly never[]) => statement.iterate(...values),
  };
}

async function postgresDialect(url: string): Promise<Dialect> {
  const { default: pg } = await import("pg");
  const names = new Map<string, string>();
  const nameOf = (text: string): string => {
    let name = names.get(text);
    if (name === undefined) names.set(text, (name = createHash("sha1").update(text).digest("hex")));
    return name;
  };
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  // It ends before its connections do: the end of the database still reaches them.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => {
    const plain = client.query.bind(client) as (...words: unknown[]) => unknown;
    // What has values is prepared and kept; `begin` and `commit` are not.
    Object.assign(client, {
      query: (text: string, values?: readonly unknown[]) =>
        values === undefined || values.length === 0 ? plain(text) : plain({ name: nameOf(text), text, values }),
    });
  });
  return new PostgresDialect({ pool });
}

async function mysqlDialect(url: string): Promise<Dialect> {
  const { createPool } = await import("mysql2");
  const pool = createPool({ uri: url, connectionLimit: CONNECTIONS });
  pool.on("connection", (connection) => {
    const plain = connection.query.bind(connection) as (...words: unknown[]) => unknown;
    const prepared = connection.execute.bind(connection) as (...words: unknown[]) => unknown;
    // What has values is prepared and kept; `begin` and `commit` are not.
    Object.assign(connection, {
      query: (text: unknown, values: unknown, done: unknown) =>
        Array.isArray(values) && values.length > 0 ? prepared(text, values, done) : plain(text, values, done),
    });
  });
  return new MysqlDialect({ pool });
}
