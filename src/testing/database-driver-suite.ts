import assert from "node:assert/strict";
import {
  type Database,
  type DatabaseDriver,
  type DatabaseOptions,
  type Kysely,
  createDatabase,
  leaveTransaction,
  sql,
  violationOf,
} from "../db/mod.ts";
import { type ConformanceSuite, defineConformanceSuite } from "./conformance-suite.ts";

/** A driver, and a database behind it in which the suite may make and drop tables that begin with `suite_`. */
export interface DatabaseDriverSubject {
  readonly driver: DatabaseDriver;
}

interface Schema {
  suite_accounts: { id: number; email: string; balance: number };
  suite_entries: { id: number; account: number; amount: string | number | bigint };
}

type Case = (db: Database<Schema>) => Promise<void>;

/** Opens a database over the driver, with the suite's tables empty, and checks afterwards that no connection was kept. */
function withTables(run: Case, options: DatabaseOptions = {}): (subject: DatabaseDriverSubject) => Promise<void> {
  return async ({ driver }) => {
    const db = createDatabase<Schema>({ driver, connections: 4, ...options });
    try {
      await createTables(db.query);
      await run(db);
      await allGivenBack(db);
    } finally {
      await dropTables(db.query);
      await db.stop?.(AbortSignal.timeout(1_000));
    }
  };
}

/** A connection that was asked for when none was free may still be on its way. */
async function allGivenBack(db: Database<Schema>): Promise<void> {
  const end = performance.now() + 2_000;
  while (db.pool.idle < db.pool.open && performance.now() < end) await new Promise((resolve) => setImmediate(resolve));
  const { open, idle, waiting } = db.pool;
  assert.deepEqual({ lent: open - idle, waiting }, { lent: 0, waiting: 0 }, "a connection was not given back");
}

async function createTables(query: Kysely<Schema>): Promise<void> {
  await dropTables(query);
  await query.schema
    .createTable("suite_accounts")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("email", "varchar(200)", (column) => column.notNull().unique())
    .addColumn("balance", "integer", (column) => column.notNull().defaultTo(0))
    .addCheckConstraint("suite_balance", sql`balance >= 0`)
    .execute();
  await query.schema
    .createTable("suite_entries")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("account", "integer", (column) => column.notNull())
    .addColumn("amount", "bigint", (column) => column.notNull())
    .addForeignKeyConstraint("suite_account", ["account"], "suite_accounts", ["id"])
    .execute();
}

async function dropTables(query: Kysely<Schema>): Promise<void> {
  await query.schema.dropTable("suite_entries").ifExists().execute();
  await query.schema.dropTable("suite_accounts").ifExists().execute();
}

const account = (id: number, balance = 0): Schema["suite_accounts"] => ({ id, email: `${id}@example.com`, balance });

const insert = (query: Kysely<Schema>, ...ids: readonly number[]): Promise<unknown> =>
  query
    .insertInto("suite_accounts")
    .values(ids.map((id) => account(id)))
    .execute();

const ids = async (query: Kysely<Schema>): Promise<number[]> =>
  (await query.selectFrom("suite_accounts").select("id").orderBy("id").execute()).map((row) => row.id);

const codeOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => (error as { code?: unknown }).code,
  );

/** A promise, and whoever keeps it waiting. */
const gate = (): PromiseWithResolvers<void> => Promise.withResolvers<void>();

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

const statements: Readonly<Record<string, (subject: DatabaseDriverSubject) => Promise<void>>> = {
  "returns rows as plain objects": withTables(async (db) => {
    await insert(db.query, 2, 1);
    const rows = await db.query.selectFrom("suite_accounts").selectAll().orderBy("id").execute();
    assert.deepStrictEqual(rows, [account(1), account(2)]);
  }),
  "hands hostile texts on as values": withTables(async (db) => {
    const rows = HOSTILE.map((email, id) => ({ ...account(id), email }));
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

const failures: Readonly<Record<string, (subject: DatabaseDriverSubject) => Promise<void>>> = {
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
    const odd = sql`select ${Symbol("odd") as never} as odd`.execute(db.query);
    await assert.rejects(odd);
    assert.deepEqual(await ids(db.query), []);
  }),
};

const transactions: Readonly<Record<string, (subject: DatabaseDriverSubject) => Promise<void>>> = {
  "keeps what is committed and nothing of what is rolled back": withTables(async (db) => {
    await db.transaction((tx) => insert(tx.query, 1));
    const failed = db.transaction(async (tx) => {
      await insert(tx.query, 2);
      throw new Error("changed my mind");
    });
    await assert.rejects(failed, /changed my mind/);
    assert.deepEqual(await ids(db.query), [1]);
  }),
  "shows nobody what is not committed": withTables(async (db) => {
    const [inside, outside] = [gate(), gate()];
    const work = db.transaction(async (tx) => {
      await insert(tx.query, 1);
      inside.resolve();
      await outside.promise;
    });
    await inside.promise;
    // Where reads have no session of their own, they wait instead.
    const seen = ids(db.query);
    outside.resolve();
    await work;
    assert.ok([0, 1].includes((await seen).length));
    assert.deepEqual(await ids(db.query), [1]);
  }),
  "makes queries of the code inside its own": withTables(async (db) => {
    await db
      .transaction(async () => {
        await insert(db.query, 1);
        assert.deepEqual(await ids(db.query), [1]);
        assert.deepEqual(await ids(db.read), [1]);
        throw new Error("no");
      })
      .catch(() => undefined);
    assert.deepEqual(await ids(db.query), []);
  }),
  "rolls a nested transaction back by itself": withTables(async (db) => {
    await db.transaction(async (tx) => {
      await insert(tx.query, 1);
      await assert.rejects(
        db.transaction(async (inner) => {
          await insert(inner.query, 2);
          await db.transaction((innermost) => insert(innermost.query, 3));
          throw new Error("inner");
        }),
        /inner/,
      );
      await db.transaction((inner) => insert(inner.query, 4));
    });
    assert.deepEqual(await ids(db.query), [1, 4]);
  }),
  "goes on after a statement that failed in a nested transaction": withTables(async (db) => {
    await db.transaction(async (tx) => {
      await insert(tx.query, 1);
      assert.equal(await codeOf(db.transaction((inner) => insert(inner.query, 1))), "E_DB_UNIQUE_VIOLATION");
      await insert(tx.query, 2);
    });
    assert.deepEqual(await ids(db.query), [1, 2]);
  }),
  "lets nested transactions at the same time take turns": withTables(async (db) => {
    await db.transaction(async () => {
      const nested = [1, 2, 3, 4].map((id) =>
        db.transaction(async (tx) => {
          await insert(tx.query, id);
          await ids(tx.query);
          if (id % 2 === 0) throw new Error("even");
        }),
      );
      await Promise.allSettled(nested);
    });
    assert.deepEqual(await ids(db.query), [1, 3]);
  }),
  "runs statements that are given at the same time one after the other": withTables(async (db) => {
    await db.transaction((tx) => Promise.all([1, 2, 3, 4, 5].map((id) => insert(tx.query, id))));
    assert.deepEqual(await ids(db.query), [1, 2, 3, 4, 5]);
  }),
  "does tasks after the commit, in order, and forgets those of what is rolled back": withTables(async (db) => {
    const done: string[] = [];
    await db.transaction(async (tx) => {
      tx.afterCommit(() => void done.push("first"));
      await db.transaction(async (inner) => inner.afterCommit(() => void done.push("second")));
      await db
        .transaction(async (inner) => {
          inner.afterCommit(() => void done.push("never"));
          throw new Error("inner");
        })
        .catch(() => undefined);
      tx.afterCommit(async () => void done.push(`sees ${(await ids(db.query)).length}`));
      await insert(tx.query, 1);
      assert.deepEqual(done, []);
    });
    assert.deepEqual(done, ["first", "second", "sees 1"]);
  }),
  "refuses queries of a transaction that is over": withTables(async (db) => {
    let late: Promise<unknown> | undefined;
    const over = gate();
    const kept = await db.transaction(async (tx) => {
      late = over.promise.then(() => ids(db.query));
      return tx;
    });
    assert.equal(await codeOf(ids(kept.query)), "E_DB_TRANSACTION_ENDED");
    over.resolve();
    assert.equal(await codeOf(late as Promise<unknown>), "E_DB_TRANSACTION_ENDED");
  }),
  "reads outside of a transaction when it is told to": withTables(async (db) => {
    if (db.pool.size === 1) return; // what is written inside would block what is outside
    await db.transaction(async (tx) => {
      await insert(tx.query, 1);
      assert.deepEqual(await leaveTransaction(() => ids(db.query)), []);
    });
  }),
  "loses no update of many at once": withTables(
    async (db) => {
      await insert(db.query, 1);
      const add = (): Promise<void> =>
        db.transaction({ isolation: "serializable", retries: 100 }, async (tx) => {
          const row = await tx.query.selectFrom("suite_accounts").select("balance").where("id", "=", 1).executeTakeFirstOrThrow();
          await tx.query
            .updateTable("suite_accounts")
            .set({ balance: row.balance + 1 })
            .where("id", "=", 1)
            .execute();
        });
      await Promise.all(Array.from({ length: 12 }, add));
      const row = await db.query.selectFrom("suite_accounts").select("balance").executeTakeFirstOrThrow();
      assert.equal(row.balance, 12);
    },
    { acquireTimeout: "20s" },
  ),
  "runs again what a deadlock has ended": withTables(async (db) => {
    await insert(db.query, 1, 2);
    const add = (id: number): Promise<unknown> =>
      db.query
        .updateTable("suite_accounts")
        .set((build) => ({ balance: build("balance", "+", 1) }))
        .where("id", "=", id)
        .execute();
    const bothInside = gate();
    let inside = 0;
    const cross = (first: number, second: number): Promise<void> =>
      db.transaction({ retries: 20 }, async () => {
        await add(first);
        inside += 1;
        if (inside === 2 || db.pool.size === 1) bothInside.resolve();
        await bothInside.promise;
        await add(second);
      });
    await Promise.all([cross(1, 2), cross(2, 1)]);
    const rows = await db.query.selectFrom("suite_accounts").select("balance").execute();
    assert.deepStrictEqual(rows, [{ balance: 2 }, { balance: 2 }]);
  }),
};

const streams: Readonly<Record<string, (subject: DatabaseDriverSubject) => Promise<void>>> = {
  "streams all rows in order": withTables(async (db) => {
    const all = Array.from({ length: 25 }, (_, id) => id);
    await insert(db.query, ...all);
    for (const chunk of [1, 5, 7, 25, 100]) {
      const seen: number[] = [];
      for await (const row of db.query.selectFrom("suite_accounts").select("id").orderBy("id").stream(chunk)) seen.push(row.id);
      assert.deepEqual(seen, all, `in chunks of ${chunk}`);
    }
  }),
  "gives the connection back when the consumer stops": withTables(async (db) => {
    await insert(db.query, ...Array.from({ length: 25 }, (_, id) => id));
    for (let round = 0; round < 6; round += 1) {
      for await (const row of db.query.selectFrom("suite_accounts").select("id").orderBy("id").stream(2)) {
        if (row.id === 3) break;
      }
      const failing = async (): Promise<void> => {
        for await (const row of db.query.selectFrom("suite_accounts").select("id").stream(2)) throw new Error(`row ${row.id}`);
      };
      await assert.rejects(failing(), /row/);
      assert.equal((await ids(db.query)).length, 25);
    }
  }),
  "leaves a transaction usable after a stream in it": withTables(async (db) => {
    await insert(db.query, ...Array.from({ length: 10 }, (_, id) => id));
    await db.transaction(async (tx) => {
      for await (const row of tx.query.selectFrom("suite_accounts").select("id").orderBy("id").stream(2)) {
        if (row.id === 3) break;
      }
      await insert(tx.query, 77);
    });
    assert.ok((await ids(db.query)).includes(77));
  }),
  "reports a stream that fails": withTables(async (db) => {
    const read = async (): Promise<void> => {
      for await (const row of db.query
        .selectFrom("suite_missing" as never)
        .selectAll()
        .stream(2))
        assert.fail(JSON.stringify(row));
    };
    assert.equal(await codeOf(read()), "E_DB_QUERY_FAILED");
    assert.deepEqual(await ids(db.query), []);
  }),
};

const pools: Readonly<Record<string, (subject: DatabaseDriverSubject) => Promise<void>>> = {
  "answers within the time-out when no connection is free": withTables(
    async (db) => {
      const [done, started] = [gate(), gate()];
      let inside = 0;
      const holders = Array.from({ length: db.pool.size }, () =>
        db.transaction(async (tx) => {
          await ids(tx.query);
          inside += 1;
          if (inside === db.pool.size) started.resolve();
          await done.promise;
        }),
      );
      await started.promise;
      const begun = performance.now();
      assert.equal(await codeOf(db.transaction((tx) => ids(tx.query))), "E_DB_POOL_EXHAUSTED");
      assert.ok(performance.now() - begun < 1_500);
      done.resolve();
      await Promise.all(holders);
      assert.deepEqual(await ids(db.query), []);
    },
    { acquireTimeout: "200ms" },
  ),
  "lets what is under way end before it stops": async ({ driver }) => {
    const db = createDatabase<Schema>({ driver });
    const answer = (query: Kysely<Schema>): Promise<unknown> => sql`select 1`.execute(query);
    const [started, done] = [gate(), gate()];
    const work = db.transaction(async (tx) => {
      started.resolve();
      await done.promise;
      return answer(tx.query);
    });
    await started.promise;
    const stopped = db.stop?.(AbortSignal.timeout(5_000));
    assert.equal(await codeOf(answer(db.query)), "E_DB_STOPPED");
    done.resolve();
    await Promise.all([work, stopped]);
    assert.equal(db.pool.open, 0);
  },
};

/**
 * What every `DatabaseDriver` does, seen through the room: values, errors, transactions, streams, pools.
 *
 * @example
 * databaseDriverSuite.run("mine", () => ({ driver: createMyDriver(url) }));
 */
export const databaseDriverSuite: ConformanceSuite<DatabaseDriverSubject> = defineConformanceSuite<DatabaseDriverSubject>(
  "database driver",
  { ...statements, ...failures, ...transactions, ...streams, ...pools },
);
