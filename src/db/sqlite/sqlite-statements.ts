import type { DatabaseSync, SQLInputValue, StatementSync } from "node:sqlite";
import type { QueryResult } from "kysely";
import { encodeParameters } from "../encode-parameters.ts";

/** Statements kept per connection. */
const MAX_STATEMENTS = 500;

const READS_ONLY = /^\s*(?:select|values|explain|pragma)\b/i;
const INSERTS = /^\s*(?:insert|replace)\b/i;

/** Whether a statement's text says that it changes nothing. */
export function readsOnly(sql: string): boolean {
  return READS_ONLY.test(sql);
}

/** The newer counters of a statement: Node 26 has them, Node 24 does not. */
interface CountedStatement extends StatementSync {
  stat?(counter: "reprepare"): number;
}

interface Prepared {
  readonly statement: CountedStatement;
  /** Names of its columns; empty for one that returns no rows. */
  names: readonly string[];
  /** Names may change under it: it selects `*`. */
  readonly hasStar: boolean;
  readonly inserts: boolean;
  reprepared: number;
  readsBigInts: boolean;
}

/** A connection's prepared statements, the ones used last. */
export class SqliteStatements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, Prepared>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  run(sql: string, parameters: readonly unknown[], keep: boolean): QueryResult<unknown> {
    const prepared = this.#find(sql, keep);
    const values = bindable(parameters);
    if (prepared.names.length > 0) return { rows: this.#rows(sql, prepared, values) };
    const { changes, lastInsertRowid } = prepared.statement.run(...values);
    const numAffectedRows = BigInt(changes);
    // SQLite remembers the last id for ever: only an insert may show it.
    return prepared.inserts ? { rows: [], numAffectedRows, insertId: BigInt(lastInsertRowid) } : { rows: [], numAffectedRows };
  }

  /** Rows one by one, from a statement of its own: another use of the same text must not reset it. */
  *iterate(sql: string, parameters: readonly unknown[]): Generator<unknown, void> {
    const prepared = this.#prepare(sql);
    setBigInts(prepared, true);
    for (const row of prepared.statement.iterate(...bindable(parameters))) {
      yield toObject(row as unknown as unknown[], prepared.names, true);
    }
  }

  #rows(sql: string, prepared: Prepared, values: SQLInputValue[]): unknown[] {
    let rows: unknown[][];
    try {
      rows = prepared.statement.all(...values) as unknown as unknown[][];
    } catch (error) {
      if ((error as { code?: unknown }).code !== "ERR_OUT_OF_RANGE" || prepared.readsBigInts || !readsOnly(sql)) throw error;
      // A whole number beyond 2^53. To ask for big integers from the start would slow every other statement down.
      setBigInts(prepared, true);
      rows = prepared.statement.all(...values) as unknown as unknown[][];
    }
    if (prepared.hasStar) refreshNames(prepared);
    const { names, readsBigInts } = prepared;
    // perf: arrays named here take 0.75 of the time of Node's own objects, and are plain objects instead of ones without a prototype.
    for (let index = 0; index < rows.length; index += 1) {
      rows[index] = toObject(rows[index] as unknown[], names, readsBigInts) as never;
    }
    return rows;
  }

  #find(sql: string, keep: boolean): Prepared {
    const known = this.#prepared.get(sql);
    if (known !== undefined) {
      if (this.#prepared.size >= MAX_STATEMENTS) {
        this.#prepared.delete(sql);
        this.#prepared.set(sql, known);
      }
      return known;
    }
    const prepared = this.#prepare(sql);
    if (keep) this.#keep(sql, prepared);
    return prepared;
  }

  #keep(sql: string, prepared: Prepared): void {
    if (this.#prepared.size >= MAX_STATEMENTS) {
      for (const oldest of this.#prepared.keys()) {
        this.#prepared.delete(oldest);
        break;
      }
    }
    this.#prepared.set(sql, prepared);
  }

  #prepare(sql: string): Prepared {
    const statement: CountedStatement = this.#database.prepare(sql);
    const names = namesOf(statement);
    statement.setReturnArrays(true);
    const inserts = INSERTS.test(sql);
    const prepared: Prepared = { statement, names, hasStar: sql.includes("*"), inserts, reprepared: 0, readsBigInts: false };
    // A statement that writes cannot be run again when a number turns out to be large.
    if (names.length > 0 && !readsOnly(sql)) setBigInts(prepared, true);
    return prepared;
  }
}

function namesOf(statement: StatementSync): readonly string[] {
  return statement.columns().map((column) => column.name);
}

/** SQLite prepares a statement again, unasked, when the schema has changed. */
function refreshNames(prepared: Prepared): void {
  const { statement } = prepared;
  const count = statement.stat?.("reprepare") ?? -1;
  if (count === prepared.reprepared) return;
  if (count !== -1) prepared.reprepared = count;
  prepared.names = namesOf(statement);
}

function setBigInts(prepared: Prepared, enabled: boolean): void {
  prepared.statement.setReadBigInts(enabled);
  prepared.readsBigInts = enabled;
}

function toObject(values: readonly unknown[], names: readonly string[], hasBigInts: boolean): object {
  const row: Record<string, unknown> = {};
  for (let index = 0; index < names.length; index += 1) {
    const value = values[index];
    const name = names[index] as string;
    const plain = hasBigInts && typeof value === "bigint" ? toNumber(value) : value;
    if (name === "__proto__") defineOwn(row, name, plain);
    else row[name] = plain;
  }
  return row;
}

function defineOwn(row: object, name: string, value: unknown): void {
  Object.defineProperty(row, name, { value, enumerable: true, writable: true, configurable: true });
}

function toNumber(value: bigint): number | string {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
}

/** Dates as ISO 8601 in UTC, which sorts; booleans as 0 and 1. */
function toSqliteValue(value: unknown): unknown {
  if (typeof value === "boolean") return value ? 1 : 0;
  return value instanceof Date ? value.toISOString() : value;
}

function bindable(parameters: readonly unknown[]): SQLInputValue[] {
  return encodeParameters(parameters, toSqliteValue) as SQLInputValue[];
}
