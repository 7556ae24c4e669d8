import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { Secret } from "#src/core/mod";
import { createDatabase } from "#src/db/create-database";
import { parseDatabaseUrl } from "#src/db/database-url";

const server = (url: string): Record<string, unknown> => {
  const target = parseDatabaseUrl(url);
  return target.dialect === "sqlite" ? assert.fail("no server") : { ...target.server };
};
const refusal = (url: string): string => {
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, "E_DB_URL_INVALID");
    return (error as Error).message;
  }
  return assert.fail(`${url} was taken`);
};

describe("database URLs", () => {
  for (const [url, path] of [
    ["sqlite:./data/app.db", "./data/app.db"],
    ["sqlite:/var/lib/app.db", "/var/lib/app.db"],
    ["sqlite:///var/lib/app.db", "/var/lib/app.db"],
    ["sqlite:app%20data.db", "app data.db"],
    ["sqlite::memory:", ":memory:"],
  ] as const) {
    test(`${url} is the file ${path}`, () => assert.deepEqual(parseDatabaseUrl(url), { dialect: "sqlite", path }));
  }

  test("name the engine in both spellings", () => {
    for (const scheme of ["postgres", "postgresql"]) assert.equal(parseDatabaseUrl(`${scheme}://h/d`).dialect, "postgres");
    for (const scheme of ["mysql", "mariadb"]) assert.equal(parseDatabaseUrl(`${scheme}://h/d`).dialect, "mysql");
  });

  test("have defaults for what they leave out", () => {
    const { host, port, user, password, tls } = server("postgres:///app") as never;
    assert.deepEqual(
      { host, port, user, password, tls },
      { host: "localhost", port: 5432, user: "postgres", password: undefined, tls: "disable" },
    );
    assert.equal(server("mysql://h/app")["port"], 3306);
  });

  test("are read from secrets, escapes undone", () => {
    const target = parseDatabaseUrl(new Secret("mysql://us%40er:p%2Fa%3As%23s%25@[::1]:3307/na%20me?sslmode=verify-full"));
    assert.ok(target.dialect === "mysql");
    const { user, password, host, port, database, tls } = target.server;
    assert.deepEqual(
      { user, password, host, port, database, tls },
      { user: "us@er", password: "p/a:s#s%", host: "::1", port: 3307, database: "na me", tls: "verify-full" },
    );
  });

  test("give any password back that was escaped into them", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (password) => {
        assert.equal(server(`postgres://me:${encodeURIComponent(password)}@host/app`)["password"], password);
      }),
    );
  });

  test("are refused with unknown parameters, near ones suggested", () => {
    assert.match(refusal("postgres://h/d?ssl_mode=require"), /"ssl_mode" is unknown \(did you mean "sslmode"\?\)/);
    assert.match(refusal("mysql://h/d?multipleStatements=true"), /"multipleStatements" is unknown/);
    assert.match(refusal("postgres://h/d?sslmode=prefer"), /sslmode is "prefer"/);
    assert.match(refusal("sqlite:./a.db?mode=ro"), /no parameters/);
  });

  test("are refused when they name nothing to open", () => {
    for (const url of ["postgres://host", "mysql://host/", "sqlite:", "mongodb://h/d", "", "postgres"]) refusal(url);
  });

  test("cannot have the name of an address verified on MySQL", () => {
    const open = (host: string) => createDatabase({ url: `mysql://${host}/d?sslmode=verify-full` });
    for (const host of ["10.0.0.1", "[::1]"]) assert.throws(() => open(host), { code: "E_DB_URL_INVALID" });
    open("db.example");
  });

  test("never show what they hold", () => {
    for (const url of [
      "postgres://me:hunter2@h",
      "postgres://me:hunter2@h/d?x=hunter2",
      "postgres://me:hunter2#@h:x/d",
      "foo://hunter2",
    ]) {
      assert.doesNotMatch(refusal(url), /hunter2(?!" is unknown)/);
    }
  });
});
