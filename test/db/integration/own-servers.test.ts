import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Database, createDatabase, sql } from "#src/db/mod";
import { isPlinthError } from "#src/core/mod";
import { type OwnServer, startOwnServer } from "#src/testing/services/own-server";
import { makeTlsFiles } from "../support/tls-files.ts";

type Engine = "postgres" | "mysql";
type Settings = Readonly<Record<string, string>>;

/** Starts a server for a test, or skips it where its program is not installed. */
function ownServerTest(
  name: string,
  engine: Engine,
  run: (start: (settings?: Settings) => Promise<OwnServer>) => Promise<void>,
): void {
  void test(`${name} (${engine})`, async (t) => {
    try {
      await run((settings = {}) => startOwnServer(engine, { settings }));
    } catch (error) {
      if (!isPlinthError(error, "E_TESTING_PROGRAM_MISSING")) throw error;
      t.skip(error.message);
    }
  });
}

const SSL_SETTINGS: Readonly<Record<Engine, (cert: string, key: string) => Settings>> = {
  postgres: (cert, key) => ({ ssl: "on", ssl_cert_file: cert, ssl_key_file: key }),
  mysql: (cert, key) => ({ ssl_cert: cert, ssl_key: key }),
};

async function isEncrypted(db: Database<object>): Promise<boolean> {
  if (db.dialect === "postgres") {
    const { rows } = await sql<{ ssl: boolean }>`select ssl from pg_stat_ssl where pid = pg_backend_pid()`.execute(db.query);
    return rows[0]?.ssl === true;
  }
  const { rows } = await sql<{ Value: string }>`show session status like 'Ssl_cipher'`.execute(db.query);
  return rows[0]?.Value !== "";
}

/** Whether connections by this URL are encrypted; `"refused"` when there are none. */
async function tryUrl(server: OwnServer, parameters: string): Promise<boolean | "refused"> {
  const url = new URL(server.url);
  url.hostname = "localhost";
  if (url.pathname.length < 2) url.pathname = "/mysql";
  const db = createDatabase<object>({ url: `${url.href}${parameters}`, connectTimeout: "20s", acquireTimeout: "20s" });
  try {
    return await isEncrypted(db);
  } catch (error) {
    assert.ok(isPlinthError(error, "E_DB_CONNECT_REFUSED") || isPlinthError(error, "E_DB_UNAVAILABLE"), String(error));
    return "refused";
  } finally {
    await db.stop?.(AbortSignal.timeout(1_000));
  }
}

for (const engine of ["postgres", "mysql"] as const) {
  describe(`a server of ${engine}`, () => {
    ownServerTest("is reached encrypted, and trusted as far as its URL says", engine, async (start) => {
      await using files = await makeTlsFiles("IP:127.0.0.1,DNS:localhost", engine);
      await using server = await start(SSL_SETTINGS[engine](files.cert, files.key));
      const root = `&sslrootcert=${encodeURIComponent(files.cert)}`;
      assert.equal(await tryUrl(server, ""), false);
      assert.equal(await tryUrl(server, "?sslmode=require"), true);
      assert.equal(await tryUrl(server, "?sslmode=verify-ca"), "refused", "nobody has signed it");
      assert.equal(await tryUrl(server, `?sslmode=verify-ca${root}`), true);
      assert.equal(await tryUrl(server, `?sslmode=verify-full${root}`), true);
    });

    ownServerTest("with a certificate of another name is refused by verify-full alone", engine, async (start) => {
      await using files = await makeTlsFiles("DNS:elsewhere.example", engine);
      await using server = await start(SSL_SETTINGS[engine](files.cert, files.key));
      const root = `&sslrootcert=${encodeURIComponent(files.cert)}`;
      assert.equal(await tryUrl(server, `?sslmode=verify-ca${root}`), true);
      assert.equal(await tryUrl(server, `?sslmode=verify-full${root}`), "refused");
    });

    ownServerTest("that cannot encrypt is refused where the URL asks for it", engine, async (start) => {
      await using server = await start();
      assert.equal(await tryUrl(server, "?sslmode=require"), "refused");
    });

    ownServerTest("is used again as soon as it is back, and loses what was under way", engine, async (start) => {
      await using server = await start();
      const url = new URL(server.url);
      if (url.pathname.length < 2) url.pathname = "/mysql";
      const db = createDatabase<{ kept: { id: number } }>({ url: url.href, acquireTimeout: "20s", connectTimeout: "20s" });
      await db.query.schema
        .createTable("kept")
        .addColumn("id", "integer", (column) => column.primaryKey())
        .execute();
      const insert = (id: number): Promise<unknown> => db.query.insertInto("kept").values({ id }).execute();
      await insert(1);
      const cut = db.transaction(async () => {
        await insert(2);
        await server.kill();
        await insert(3);
      });
      await assert.rejects(cut, { code: "E_DB_CONNECTION_LOST", status: 503 });
      await assert.rejects(insert(4), { code: "E_DB_UNAVAILABLE", status: 503 });
      assert.equal(db.pool.open, 0);
      await server.restart();
      const begun = performance.now();
      await insert(5);
      assert.ok(performance.now() - begun < 2_000);
      assert.deepEqual(await db.query.selectFrom("kept").select("id").orderBy("id").execute(), [{ id: 1 }, { id: 5 }]);
      await db.stop?.(AbortSignal.timeout(1_000));
    });
  });
}
