import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import { checksumOf, loadMigrations } from "#src/db/migrate/load-migrations";
import { defineMigrations } from "#src/db/migrate/migration";

const UP = "export async function up() {}\n";

function folderOf(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "plinth-load-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

describe("a folder of migrations", () => {
  test("is loaded in the order of names, and nothing else in it counts", async (t) => {
    const folder = folderOf(t, {
      "20260102000000_second.ts": UP,
      "20260101000000_first.ts": `${UP}export const down = async () => {}; export const transactional = false;`,
      "20260101000000_first.d.ts": "export {};",
      "20260101000000_first.test.ts": "throw new Error('a test');",
      "_shared.ts": "export const shared = 1;",
      ".hidden.ts": "throw new Error('hidden');",
      "README.md": "# no module",
    });
    mkdirSync(join(folder, "old"));
    const migrations = await loadMigrations(folder);
    assert.deepEqual(
      migrations.map((found) => [found.name, found.transactional, typeof found.down]),
      [
        ["20260101000000_first", false, "function"],
        ["20260102000000_second", true, "undefined"],
      ],
    );
    assert.match(migrations[0]?.checksum ?? "", /^[0-9a-f]{64}$/);
  });

  test("is refused when a name would not sort, so that no file is passed over in silence", async (t) => {
    for (const name of ["first.ts", "20260101_.ts", "2026-01-01_first.ts"]) {
      await assert.rejects(loadMigrations(folderOf(t, { [name]: UP })), { code: "E_DB_MIGRATION_NAME_INVALID" }, name);
    }
    const mixed = folderOf(t, { "20260101000000_first.ts": UP, "9_second.ts": UP });
    await assert.rejects(loadMigrations(mixed), /another length/);
    await assert.rejects(loadMigrations(folderOf(t, { "1_a.ts": UP, "1_a.js": UP })), /same name/);
  });

  test("is refused with the file's name when one does not load or has no `up`", async (t) => {
    await assert.rejects(loadMigrations(folderOf(t, { "1_bad.ts": "throw new Error('no');" })), (error: Error) => {
      assert.match(error.message, /1_bad\.ts does not load: no/);
      assert.ok(error.cause instanceof Error);
      return true;
    });
    await assert.rejects(loadMigrations(folderOf(t, { "1_bad.ts": "export const down = () => {};" })), /no function `up`/);
    await assert.rejects(loadMigrations(folderOf(t, { "1_bad.ts": `${UP}export const down = 1;` })), /`down` is no function/);
    await assert.rejects(
      loadMigrations(folderOf(t, { "1_bad.ts": `${UP}export const transactional = "false";` })),
      /`transactional` is neither/,
    );
  });

  test("is refused when it is not there", async () => {
    await assert.rejects(loadMigrations("/nowhere/migrations"), {
      code: "E_DB_MIGRATIONS_UNREADABLE",
      message: /\/nowhere\/migrations.*--migrations/,
    });
  });
});

describe("a checksum", () => {
  test("does not change with line ends or a byte order mark, but with anything else", () => {
    assert.equal(checksumOf("a\r\nb\rc\n"), checksumOf("\uFEFFa\nb\nc\n"));
    assert.notEqual(checksumOf("a\nb"), checksumOf("a\n b"));
  });
});

describe("migrations listed in code", () => {
  test("are ordered and checked as files are", () => {
    const up = (): void => undefined;
    const listed = defineMigrations({ "2_b": { up }, "1_a": { up, checksum: "abc", rerunnable: true } });
    assert.deepEqual(
      listed.map(({ name, checksum, rerunnable }) => [name, checksum, rerunnable]),
      [
        ["1_a", "abc", true],
        ["2_b", undefined, false],
      ],
    );
    assert.throws(() => defineMigrations({ first: { up } }), { code: "E_DB_MIGRATION_NAME_INVALID" });
    assert.throws(() => defineMigrations({ "1_a": {} as never }), { code: "E_DB_MIGRATION_INVALID" });
  });
});
