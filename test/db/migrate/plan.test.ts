import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { MigrationRecord, RecordState } from "#src/db/migrate/history";
import { UNTOUCHED, chooseMigrations, compareMigrations, isAhead, rollbackOrder } from "#src/db/migrate/plan";
import { FIRST, SECOND, THIRD, migration } from "./support/migrations.ts";

function record(name: string, parts: Partial<MigrationRecord> & { readonly state?: RecordState } = {}): MigrationRecord {
  return { name, checksum: undefined, batch: 1, state: "applied", appliedAt: "", durationMs: 0, detail: undefined, ...parts };
}

const names = (list: readonly { readonly name: string }[]): string[] => list.map(({ name }) => name);

describe("migrations held against the database's records", () => {
  test("are pending when nothing is recorded of them", () => {
    const { pending, changed, missing, outOfOrder } = compareMigrations([FIRST, SECOND], [record(FIRST.name)]);
    assert.deepEqual([names(pending), changed, missing, outOfOrder], [[SECOND.name], [], [], []]);
  });

  test("are changed only where both sides have a checksum and the record says applied", () => {
    const bundled = { ...FIRST, checksum: undefined };
    const other = record(FIRST.name, { checksum: "other" });
    assert.deepEqual(compareMigrations([FIRST], [other]).changed, [FIRST.name]);
    assert.deepEqual(compareMigrations([bundled], [other]).changed, []);
    assert.deepEqual(compareMigrations([FIRST], [record(FIRST.name)]).changed, []);
    assert.deepEqual(compareMigrations([FIRST], [{ ...other, state: "failed" }]).changed, []);
  });

  test("are ahead when only newer ones are missing and none is pending", () => {
    const ahead = compareMigrations([FIRST], [record(FIRST.name), record(SECOND.name)]);
    const gap = compareMigrations([SECOND], [record(FIRST.name), record(SECOND.name)]);
    const behindToo = compareMigrations([FIRST, SECOND], [record(FIRST.name), record(THIRD.name)]);
    assert.deepEqual([ahead, gap, behindToo].map(isAhead), [true, false, false]);
  });

  test("count as applied when a rollback was cut off before its first statement", () => {
    const cut = record(FIRST.name, { state: "reverting", detail: UNTOUCHED });
    assert.deepEqual(names(chooseMigrations(compareMigrations([FIRST, SECOND], [cut]), {})), [SECOND.name]);
  });
});

describe("the choice of what to run", () => {
  test("goes on with one that was cut off before its first statement, or that may run again", () => {
    const untouched = record(FIRST.name, { state: "running", detail: UNTOUCHED });
    assert.deepEqual(names(chooseMigrations(compareMigrations([FIRST, SECOND], [untouched]), {})), [FIRST.name, SECOND.name]);
    const again = migration(FIRST.name, { rerunnable: true });
    const cut = record(FIRST.name, { state: "failed", detail: "It had done 3 statements." });
    assert.deepEqual(names(chooseMigrations(compareMigrations([again], [cut]), {})), [FIRST.name]);
    assert.throws(() => chooseMigrations(compareMigrations([FIRST], [cut]), {}), { code: "E_DB_MIGRATION_INTERRUPTED" });
  });

  test("never undoes again what is half undone", () => {
    const again = migration(FIRST.name, { rerunnable: true });
    const cut = record(FIRST.name, { state: "reverting", detail: "It had done 1 statement." });
    assert.throws(() => chooseMigrations(compareMigrations([again], [cut]), {}), { code: "E_DB_MIGRATION_INTERRUPTED" });
  });

  test("looks at the order of those only that it would run", () => {
    const comparison = compareMigrations([FIRST, SECOND, THIRD], [record(SECOND.name)]);
    assert.throws(() => chooseMigrations(comparison, {}), { code: "E_DB_MIGRATION_OUT_OF_ORDER" });
    assert.throws(() => chooseMigrations(comparison, { target: FIRST.name }), { code: "E_DB_MIGRATION_OUT_OF_ORDER" });
    assert.deepEqual(names(chooseMigrations(comparison, { allowOutOfOrder: true })), [FIRST.name, THIRD.name]);
  });

  test("rolls back by runs, not by names", () => {
    const records = [record(FIRST.name), record(SECOND.name, { batch: 3 }), record(THIRD.name, { batch: 2 })];
    assert.deepEqual(names(rollbackOrder(records)), [SECOND.name, THIRD.name, FIRST.name]);
    assert.deepEqual(names(rollbackOrder([record(FIRST.name), record(SECOND.name)])), [SECOND.name, FIRST.name]);
  });
});
