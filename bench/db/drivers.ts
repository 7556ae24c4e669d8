// The engines' drivers and nothing else, used as their documentation says for speed: statements prepared and kept.
import { DatabaseSync } from "node:sqlite";
import type { EngineName } from "../../src/testing/mod.ts";

/** What each contender does; every one resolves when it is done. */
export interface Operations {
  read(id: number): Promise<unknown>;
  insert(id: number): Promise<unknown>;
  transaction(id: number): Promise<unknown>;
  close(): Promise<void>;
}

const CONNECTIONS = 8;

export const READ = "select id, name, price from items where id = ";
export const INSERT = "insert into events (name, price) values ";
export const UPDATE = "update items set price = ";

export async function openDriver(engine: EngineName, url: string): Promise<Operations> {
  if (engine === "sqlite") return openSqlite(url);
  return engine === "postgres" ? openPostgres(url) : openMysql(url);
}

export function sqliteFile(url: string): DatabaseSync {
  const database = new DatabaseSync(url.slice("sqlite:".length));
  database.exec("pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on");
  return database;
}

function openSqlite(url: string): Operations {
  const database = sqliteFile(url);
  const read = database.prepare(`${READ}?`);
  const insert = database.prepare(`${INSERT}(?, ?)`);
  const update = database.prepare(`${UPDATE}? where id = ?`);
  return {
    read: async (id) => read.get(id),
    insert: async (id) => insert.run(`event ${id}`, id),
    async transaction(id) {
      database.exec("begin immediate");
      const row = read.get(id) as { readonly price: number };
      update.run(row.price + 1, id);
      database.exec("commit");
    },
    close: async () => database.close(),
  };
}

async function openPostgres(url: string): Promise<Operations> {
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS });
  // It ends before its connections do: the end of the database still reaches them.
  pool.on("error", () => undefined);
  return {
    read: (id) => pool.query({ name: "read", text: `${READ}$1`, values: [id] }),
    insert: (id) => pool.query({ name: "insert", text: `${INSERT}($1, $2)`, values: [`event ${id}`, id] }),
    async transaction(id) {
      const client = await pool.connect();
      await client.query("begin");
      const { rows } = await client.query<{ price: number }>({ name: "read", text: `${READ}$1`, values: [id] });
      await client.query({ name: "update", text: `${UPDATE}$1 where id = $2`, values: [(rows[0]?.price ?? 0) + 1, id] });
      await client.query("commit");
      client.release();
    },
    close: () => pool.end(),
  };
}

async function openMysql(url: string): Promise<Operations> {
  const { createPool } = await import("mysql2/promise");
  const pool = createPool({ uri: url, connectionLimit: CONNECTIONS });
  return {
    read: (id) => pool.execute(`${READ}?`, [id]),
    insert: (id) => pool.execute(`${INSERT}(?, ?)`, [`event ${id}`, id]),
    async transaction(id) {
      const connection = await pool.getConnection();
      await connection.query("begin");
      const [rows] = await connection.execute(`${READ}?`, [id]);
      const [row] = rows as unknown as readonly { readonly price: number }[];
      await connection.execute(`${UPDATE}? where id = ?`, [(row?.price ?? 0) + 1, id]);
      await connection.query("commit");
      connection.release();
    },
    close: () => pool.end(),
  };
}
