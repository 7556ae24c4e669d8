import { type Database, sql } from "#src/db/mod";

/** Sleeps on the server. */
export function sleep(db: Database<object>, seconds: number): Promise<unknown> {
  const statement = db.dialect === "postgres" ? sql`select pg_sleep(${seconds})` : sql`select sleep(${seconds})`;
  return statement.execute(db.query);
}

/** How many statements of {@link sleep} the server is running in this database, of others than the one that asks. */
export async function running(observer: Database<object>): Promise<number> {
  const question =
    observer.dialect === "postgres"
      ? sql<{ n: number }>`select count(*) as n from pg_stat_activity
          where datname = current_database() and state = 'active' and query like '%pg_sleep%' and pid <> pg_backend_pid()`
      : sql<{ n: number }>`select count(*) as n from information_schema.processlist
          where db = database() and info like '%sleep(%' and id <> connection_id()`;
  return Number((await question.execute(observer.query)).rows[0]?.n);
}
