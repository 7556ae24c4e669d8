import { type Database, sql } from "#src/db/mod";

export interface AccountSchema {
  accounts: { id: number; balance: number };
}

export const ACCOUNTS = 8;
export const TOTAL: number = ACCOUNTS * 1_000;

export async function createAccounts(db: Database<AccountSchema>): Promise<void> {
  await db.query.schema
    .createTable("accounts")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("balance", "integer", (column) => column.notNull())
    .execute();
  const values = Array.from({ length: ACCOUNTS }, (_, id) => ({ id, balance: TOTAL / ACCOUNTS }));
  await db.query.insertInto("accounts").values(values).execute();
}

/** Moves a little money from one account to another, in two statements that only make sense together. */
export function transfer(db: Database<AccountSchema>): Promise<void> {
  const from = Math.floor(Math.random() * ACCOUNTS);
  const to = (from + 1 + Math.floor(Math.random() * (ACCOUNTS - 1))) % ACCOUNTS;
  const amount = 1 + Math.floor(Math.random() * 5);
  return db.transaction(async (tx) => {
    for (const [id, change] of [
      [from, -amount],
      [to, amount],
    ] as const) {
      await tx.query
        .updateTable("accounts")
        .set({ balance: sql<number>`balance + ${change}` })
        .where("id", "=", id)
        .execute();
    }
  });
}

export async function total(db: Database<AccountSchema>): Promise<number> {
  const rows = await db.query.selectFrom("accounts").select("balance").execute();
  return rows.reduce((sum, row) => sum + row.balance, 0);
}
