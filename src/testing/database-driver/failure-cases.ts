import assert from "node:assert/strict";
import { sql, violationOf } from "../../db/mod.ts";
import { type Check, account, codeOf, ids, insert, withTables } from "./subject.ts";

export const failureCases: Readonly<Record<string, Check>> = {
  "calls constraints by the same codes": withTables(async (db) => {
    await insert(db.query, 1, 2);
    await db.query.insertInto("suite_entries").values({ id: 1, account: 1, amount: 1 }).execute();
    const update = (values: object): Promise<unknown> =>
      db.query.updateTable("suite_accounts").set(values).where("id", "=", 2).execute();
    assert.equal(await codeOf(insert(db.query, 1)), "E_DB_UNIQUE_VIOLATION");
    assert.equal(await codeOf(update({ email: "1@example.com" })), "E_DB_UNIQUE_VIOLATION");
    assert.equal(await codeOf(update({ email: null })), "E_DB_NOT_NULL_VIOLATION");
    assert.equal(await codeOf(update({ balance: -1 })), "E_DB_CHECK_VIOLATION");
    const orphan = db.query.insertInto("suite_entries").values({ id: 2, account: 99, amount: 1 }).execute();
    assert.equal(await codeOf(orphan), "E_DB_FOREIGN_KEY_VIOLATION");
    const referred = db.query.deleteFrom("suite_accounts").where("id", "=", 1).execute();
    assert.equal(await codeOf(referred), "E_DB_FOREIGN_KEY_VIOLATION");
  }),
  "says which constraint it was, apart from the message": withTables(async (db) => {
    await insert(db.query, 1);
    const error: unknown = await db.query
      .insertInto("suite_accounts")
      .values({ ...account(2), email: "1@example.com" })
      .execute()
      .catch((thrown: unknown) => thrown);
    const { columns = [], constraint } = violationOf(error) ?? {};
    assert.match([...columns, constraint].join(" "), /email/);
    assert.doesNotMatch((error as Error).message, /email|suite_/);
    assert.ok((error as Error).cause instanceof Error);
  }),
  "calls what it does not understand by one code": withTables(async (db) => {
    assert.equal(await codeOf(sql`select nonsense from suite_accounts`.execute(db.query)), "E_DB_QUERY_FAILED");
    assert.equal(await codeOf(sql`selec`.execute(db.query)), "E_DB_QUERY_FAILED");
    assert.deepEqual(await ids(db.query), []);
  }),
  "refuses to write in a read-only transaction": withTables(async (db) => {
    const work = db.transaction({ readOnly: true }, (tx) => insert(tx.query, 1));
    assert.equal(await codeOf(work), "E_DB_READ_ONLY");
    await insert(db.query, 2);
    assert.deepEqual(await db.transaction({ readOnly: true }, (tx) => ids(tx.query)), [2]);
  }),
  "does not take what is not a value": withTables(async (db) => {
    const odd = sql`select ${Symbol("odd")} as odd`.execute(db.query);
    await assert.rejects(odd);
    assert.deepEqual(await ids(db.query), []);
  }),
};
