import assert from "node:assert/strict";
import { sql } from "../../db/mod.ts";
import { type Check, account, ids, insert, withTables } from "./subject.ts";

const HOSTILE = [
  "'; drop table suite_accounts; --",
  '" or 1=1 --',
  "\\'; select 1; --",
  "\\",
  "` or ``",
  "$1 ? :name @name %s",
  "%_",
  "Ünïcödé 漢字 😀 \u2028",
  "line\nbreak\ttab",
  "__proto__",
  "",
] as const;

export const statementCases: Readonly<Record<string, Check>> = {
  "returns rows as plain objects": withTables(async (db) => {
    await insert(db.query, 2, 1);
    const rows = await db.query.selectFrom("suite_accounts").selectAll().orderBy("id").execute();
    assert.deepStrictEqual(rows, [account(1), account(2)]);
  }),
  "hands hostile texts on as values": withTables(async (db) => {
    const rows = HOSTILE.map((email, id) => ({ id, email, balance: 0 }));
    await db.query.insertInto("suite_accounts").values(rows).execute();
    for (const { id, email } of rows) {
      const found = await db.query.selectFrom("suite_accounts").select("id").where("email", "=", email).execute();
      assert.deepStrictEqual(found, [{ id }], JSON.stringify(email));
    }
    assert.deepStrictEqual(await db.query.selectFrom("suite_accounts").selectAll().orderBy("id").execute(), rows);
  }),
  "keeps hostile names of columns harmless": withTables(async (db) => {
    for (const name of ["__proto__", "constructor", "toString", 'quo"te', "back`tick", "a.b"]) {
      const query = db.query.selectNoFrom((build) => build.val("owned").as(name));
      // Refusing such a name is as good as returning it.
      const rows = await query.execute().catch(() => undefined);
      if (rows !== undefined) assert.equal(Object.getOwnPropertyDescriptor(rows[0], name)?.value, "owned");
      assert.equal(({} as Record<string, unknown>)["owned"], undefined);
      await ids(db.query);
    }
  }),
  "keeps whole numbers exact, as text beyond 2^53": withTables(async (db) => {
    await insert(db.query, 1);
    const amounts = [0, -5, Number.MAX_SAFE_INTEGER, "9223372036854775807", "-9223372036854775808"];
    const values = amounts.map((amount, id) => ({
      id,
      account: 1,
      amount: typeof amount === "string" ? BigInt(amount) : amount,
    }));
    for (const value of values) await db.query.insertInto("suite_entries").values(value).execute();
    const rows = await db.query.selectFrom("suite_entries").select("amount").orderBy("id").execute();
    assert.deepStrictEqual(
      rows.map((row) => row.amount),
      amounts,
    );
  }),
  "counts the rows that a statement matched": withTables(async (db) => {
    await insert(db.query, 1, 2, 3);
    const unchanged = await db.query.updateTable("suite_accounts").set({ balance: 0 }).where("id", "<", 3).executeTakeFirst();
    assert.equal(unchanged.numUpdatedRows, 2n);
    const none = await db.query.deleteFrom("suite_accounts").where("id", "=", 9).executeTakeFirst();
    assert.equal(none.numDeletedRows, 0n);
  }),
  "gives one text different values": withTables(async (db) => {
    await insert(db.query, 1, 2, 3);
    for (const id of [1, 2, 3, 1, 2, 3]) {
      const rows = await db.query.selectFrom("suite_accounts").select("id").where("id", "=", id).execute();
      assert.deepStrictEqual(rows, [{ id }]);
    }
  }),
  "answers more different statements than it may keep": withTables(async (db) => {
    await insert(db.query, 1);
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 260; index += 1) {
        const alias = sql.ref(`c${index}`);
        const { rows } = await sql<Record<string, number>>`select balance + ${index} as ${alias} from suite_accounts`.execute(
          db.query,
        );
        assert.equal(Number(rows[0]?.[`c${index}`]), index);
      }
    }
  }),
  "sees a table that has changed since the statement was prepared": withTables(async (db) => {
    await insert(db.query, 1);
    const all = (): Promise<object[]> => db.query.selectFrom("suite_accounts").selectAll().execute();
    for (let round = 0; round < 3; round += 1) await all();
    await db.query.schema.alterTable("suite_accounts").addColumn("extra", "integer").execute();
    assert.deepStrictEqual(await all(), [{ ...account(1), extra: null }]);
  }),
};
