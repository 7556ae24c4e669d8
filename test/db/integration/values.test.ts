import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { describe } from "node:test";
import { type Database, createDatabase, paginate, sql } from "#src/db/mod";
import { testEngines } from "#src/testing/services/test-engines";

interface Schema {
  events: { id: number; at: Date | string; day: string; price: string | number; big: number | string; on: boolean | number };
}

// A zone far from UTC, with a half hour in it: whatever takes the machine's own zone shows.
process.env["TZ"] = "Asia/Kolkata";

const TIMES = { sqlite: "text", postgres: "timestamp(6)", mysql: "datetime(6)" } as const;

async function withEvents(url: string, run: (db: Database<Schema>) => Promise<void>): Promise<void> {
  const db = createDatabase<Schema>({ url, connections: 2 });
  try {
    await db.query.schema
      .createTable("events")
      .addColumn("id", "integer", (column) => column.primaryKey())
      .addColumn("at", sql.raw(TIMES[db.dialect]))
      .addColumn("day", db.dialect === "sqlite" ? "text" : "date")
      .addColumn("price", db.dialect === "sqlite" ? "text" : "decimal(20, 4)")
      .addColumn("big", "bigint")
      .addColumn("on", db.dialect === "sqlite" ? "integer" : "boolean")
      .execute();
    await run(db);
  } finally {
    await db.stop?.(AbortSignal.timeout(1_000));
  }
}

const at = new Date("2026-03-29T01:30:00.123Z");
const event = { id: 1, at, day: "2026-03-29", price: "12345678901234.5600", big: 7, on: true };

describe("values", () => {
  testEngines("come back as they went, whatever zone the machine is in", ({ url }) =>
    withEvents(url, async (db) => {
      await db.query.insertInto("events").values(event).execute();
      const row = await db.query.selectFrom("events").selectAll().executeTakeFirstOrThrow();
      assert.equal(new Date(row.at).toISOString(), at.toISOString());
      assert.equal(row.at instanceof Date, db.dialect !== "sqlite");
      assert.equal(row.day, "2026-03-29");
      assert.equal(row.price, "12345678901234.5600");
      assert.equal(row.big, 7);
      assert.equal(Boolean(row.on), true);
      const found = await db.query.selectFrom("events").select("id").where("at", "=", at).where("on", "=", true).execute();
      assert.deepEqual(found, [{ id: 1 }]);
    }),
  );

  testEngines("of a column with its zone are moments", async ({ url, engine }) => {
    const db = createDatabase<object>({ url });
    const type = engine === "postgres" ? "timestamptz" : "timestamp";
    await sql.raw(`create table moments (at ${type})`).execute(db.query);
    await sql`insert into moments values (${at})`.execute(db.query);
    const { rows } = await sql<{ at: Date }>`select at from moments`.execute(db.query);
    assert.ok(Math.abs(new Date(rows[0]?.at as Date).getTime() - at.getTime()) < 1_000);
    await db.stop?.(AbortSignal.timeout(1_000));
  });

  testEngines("of time page exactly, to the microsecond", ({ url }) =>
    withEvents(url, async (db) => {
      const times = Array.from({ length: 9 }, (_, index) => `2026-01-01 00:00:00.12345${index}`);
      for (const [id, time] of times.entries())
        await db.query
          .insertInto("events")
          .values({ ...event, id, at: time })
          .execute();
      for (const direction of ["asc", "desc"] as const) {
        const seen: number[] = [];
        for (let cursor: string | null | undefined; cursor !== null;) {
          const page = await paginate(db, db.query.selectFrom("events").select(["id", "at"]), {
            orderBy: [{ column: "at", direction }, { column: "id" }],
            limit: 2,
            cursor,
          });
          for (const item of page.items) assert.deepEqual(Object.keys(item).toSorted(), ["at", "id"]);
          seen.push(...page.items.map((item) => item.id));
          cursor = page.nextCursor;
        }
        assert.deepEqual(direction === "asc" ? seen : seen.toReversed(), [...times.keys()]);
      }
    }),
  );

  testEngines("of another type than the column are refused in a cursor that somebody forged", ({ engine, url }) =>
    withEvents(url, async (db) => {
      const query = db.query.selectFrom("events").select("id");
      const payload = JSON.stringify(["abc"]);
      // What signs a cursor where the app gives no key is in the source, for everybody to read.
      const signed = `plinth cursor\0${JSON.stringify(query.toOperationNode().from)}\0id asc\0${payload}`;
      const mac = createHmac("sha256", "").update(signed).digest().subarray(0, 12);
      const cursor = Buffer.concat([mac, Buffer.from(payload)]).toString("base64url");
      const page = paginate(db, query, { orderBy: [{ column: "id" }], limit: 2, cursor });
      // The others compare a number with a text, and find nothing beyond it.
      if (engine === "postgres") await assert.rejects(page, { code: "E_DB_CURSOR_INVALID", status: 400 });
      else assert.deepEqual((await page).items, []);
    }),
  );

  testEngines("of whole numbers page exactly beyond 2^53", ({ url }) =>
    withEvents(url, async (db) => {
      const numbers = Array.from({ length: 5 }, (_, index) => (2n ** 60n + BigInt(index)).toString());
      for (const [id, big] of numbers.entries())
        await db.query
          .insertInto("events")
          .values({ ...event, id, big: BigInt(big) as never })
          .execute();
      const seen: unknown[] = [];
      for (let cursor: string | null | undefined; cursor !== null;) {
        const page = await paginate(db, db.query.selectFrom("events").select("big"), {
          orderBy: [{ column: "big" }],
          limit: 2,
          cursor,
        });
        seen.push(...page.items.map((item) => item.big));
        cursor = page.nextCursor;
      }
      assert.deepEqual(seen, numbers);
    }),
  );
});

describe("prepared statements", () => {
  testEngines(
    "that the server has forgotten are sent anew, and then without names",
    ({ url }) =>
      withEvents(url, async (db) => {
        const read = (): Promise<unknown> => db.query.selectFrom("events").select("id").where("id", "=", 1).execute();
        for (let round = 0; round < 3; round += 1) await read();
        await sql`deallocate all`.execute(db.query);
        for (let round = 0; round < 3; round += 1) assert.deepEqual(await read(), []);
        const { rows } = await sql`select name from pg_prepared_statements`.execute(db.query);
        assert.deepEqual(rows, []);
      }),
    ["postgres"],
  );

  testEngines("whose table has changed cost a transaction nothing but another run", ({ url }) =>
    withEvents(url, async (db) => {
      const read = (): Promise<object[]> => db.query.selectFrom("events").selectAll().execute();
      for (let round = 0; round < 3; round += 1) await read();
      await db.query.insertInto("events").values(event).execute();
      await db.query.schema.alterTable("events").addColumn("more", "integer").execute();
      const rows = await db.transaction(read);
      assert.ok(rows[0] !== undefined && "more" in rows[0]);
    }),
  );

  testEngines("are bounded on each connection", async ({ url, engine }) => {
    const db = createDatabase<object>({ url, connections: 2 });
    for (let round = 0; round < 2; round += 1) {
      for (let index = 0; index < 230; index += 1) await sql`select ${sql.lit(index)} as n`.execute(db.query);
    }
    if (engine === "postgres") {
      const { rows } = await sql<{ n: number }>`select count(*) as n from pg_prepared_statements`.execute(db.query);
      assert.ok((rows[0]?.n ?? 0) > 100 && (rows[0]?.n ?? 0) <= 200, `${rows[0]?.n}`);
    } else if (engine === "mysql") {
      // How many there are is counted for the whole server only; how many were made and closed, for the session.
      const { rows } = await sql<{ Variable_name: string; Value: string }>`show session status like 'Com_stmt_%'`.execute(
        db.query,
      );
      const count = (name: string): number => Number(rows.find((row) => row.Variable_name === name)?.Value);
      const open = count("Com_stmt_prepare") - count("Com_stmt_close");
      assert.ok(open > 100 && open <= 201, String(open));
    }
    await db.stop?.(AbortSignal.timeout(1_000));
  });
});

describe("a transaction on MySQL", () => {
  testEngines(
    "that a change of the schema has committed goes no further",
    ({ url }) =>
      withEvents(url, async (db) => {
        const work = db.transaction(async (tx) => {
          await tx.query.schema.createTable("surprise").addColumn("id", "integer").execute();
          await tx.query.insertInto("events").values(event).execute();
        });
        await assert.rejects(work, { code: "E_DB_TRANSACTION_ABORTED", message: /ended by: create table/ });
        assert.deepEqual(await db.query.selectFrom("events").selectAll().execute(), []);
      }),
    ["mysql"],
  );

  testEngines(
    "keeps hostile texts apart from statements, with and without backslash escapes",
    ({ url }) =>
      withEvents(url, async (db) => {
        for (const mode of ["", "NO_BACKSLASH_ESCAPES", "ANSI_QUOTES"]) {
          await db.query.connection().execute(async (one) => {
            await sql`set session sql_mode = ${mode}`.execute(one);
            for (const text of ["\\' or 1=1 -- ", "\\", "'", '"', "\\\\'"]) {
              const { rows } = await sql<{ text: string }>`select ${text} as text`.execute(one);
              assert.equal(rows[0]?.text, text, mode);
            }
          });
        }
      }),
    ["mysql"],
  );
});

describe("a URL that the server refuses", () => {
  testEngines(
    "fails the start with the reason",
    async ({ url }) => {
      const wrong = new URL(url);
      wrong.pathname = "/plinth_no_such_database";
      wrong.password = "hunter2";
      const db = createDatabase<object>({ url: wrong.href });
      const error = await Promise.resolve(db.start?.(AbortSignal.timeout(5_000))).catch((thrown: unknown) => thrown as Error);
      assert.match(String((error as { code?: unknown } | undefined)?.code), /^E_DB_CONNECT_REFUSED$/);
      assert.doesNotMatch(String((error as Error | undefined)?.message), /hunter2/);
    },
    ["postgres", "mysql"],
  );
});
