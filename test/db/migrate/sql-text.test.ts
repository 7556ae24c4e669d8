import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { hasSeveralStatements, maskSql, splitStatements } from "#src/db/migrate/sql-text";

describe("a masked statement", () => {
  test("has blanks for comments and for the insides of texts, and keeps every place", () => {
    const sql = `select 'a;b' -- c;\nfrom "t;x" /* ; */`;
    assert.equal(maskSql(sql, "postgres"), `select '   '      \nfrom "t;x"        `);
    assert.equal(maskSql(sql, "mysql"), `select '   '      \nfrom '   '        `);
  });

  test("knows doubled quotes, backslashes where they escape, and dollar quotes", () => {
    assert.deepEqual(splitStatements("select 'it''s; fine'; select 2", "sqlite").length, 2);
    assert.deepEqual(splitStatements(String.raw`select 'a\'; b'; select 2`, "mysql").length, 2);
    assert.deepEqual(splitStatements(String.raw`select E'a\'; b'; select 2`, "postgres").length, 2);
    assert.deepEqual(splitStatements(String.raw`select 'a\'; select 2`, "postgres").length, 2);
    assert.deepEqual(splitStatements("select $f$ a; b $f$; select $$;$$", "postgres").length, 2);
  });

  test("knows nested comments where they nest, and # where it begins one", () => {
    assert.equal(splitStatements("select 1 /* a /* b */ ; */ + 1", "postgres").length, 1);
    assert.equal(splitStatements("select 1 # ; \n + 1", "mysql").length, 1);
    assert.equal(splitStatements("select '{1,2}'::int[] # ; 1", "postgres").length, 2);
  });

  test("does not run away over text that never ends", () => {
    for (const sql of ["select 'a", 'select "a', "/* a", "-- a", "select $a$ b", "select 'a\\"]) {
      for (const engine of ["sqlite", "postgres", "mysql"] as const) assert.equal(maskSql(sql, engine).length, sql.length);
    }
  });
});

describe("several statements in a text", () => {
  test("are seen, but not a last semicolon, nor the body of a trigger or function", () => {
    assert.equal(hasSeveralStatements("select 1; select 2", "sqlite"), true);
    assert.equal(hasSeveralStatements("select 1; -- done;", "sqlite"), false);
    const trigger = "create temp trigger t after insert on a begin update b set c = 1; delete from d; end";
    assert.equal(hasSeveralStatements(trigger, "sqlite"), false);
    assert.equal(
      hasSeveralStatements("create or replace function f() returns int as $$ select 1; $$ language sql; select 1", "postgres"),
      false,
    );
    assert.equal(hasSeveralStatements("create table event (a int); create table b (a int)", "mysql"), true);
  });
});
