import type { Readable } from "node:stream";
import type { QueryResult } from "kysely";
import type mysql from "mysql2";
import type { BeginSettings, DriverConnection, StatementOptions } from "../contract.ts";
import { encodeParameters } from "../encode-parameters.ts";
import { MysqlConnectionCut, classifyMysqlError } from "./mysql-failures.ts";

/** SERVER_STATUS_IN_TRANS of the protocol. */
const IN_TRANSACTION = 1;
/** Milliseconds that the rest of a stream may take to come in once nobody wants it. */
const DRAIN_TIMEOUT = 1_000;

/** What the server says about a statement that returns no rows. */
interface StatementHeader {
  readonly affectedRows: number;
  readonly changedRows?: number;
  readonly insertId: number | string;
  readonly serverStatus: number;
}

export class MysqlConnection implements DriverConnection {
  readonly #connection: mysql.Connection;
  readonly #kill: (threadId: number) => Promise<void>;
  #broken = false;
  #inTransaction = false;
  #cut: ((error: Error) => void) | undefined;

  /** @param kill ends what a session of the server is doing, from another one */
  constructor(connection: mysql.Connection, kill: (threadId: number) => Promise<void>) {
    this.#connection = connection;
    this.#kill = kill;
    connection.on("error", () => (this.#broken = true));
    connection.on("end", () => (this.#broken = true));
  }

  get broken(): boolean {
    return this.#broken;
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  execute(sql: string, parameters: readonly unknown[], { prepare }: StatementOptions): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      if (parameters.length === 0 && !prepare) return this.#send(sql, undefined, resolve, reject);
      const values = encodeParameters(parameters, toMysqlValue);
      this.#send(sql, values, resolve, (error) => {
        if (classifyMysqlError(error).kind !== "stale-statement") return reject(error);
        // Nothing has run yet when the server refuses a statement that it has forgotten.
        this.#connection.unprepare(sql);
        this.#send(sql, values, resolve, reject);
      });
    });
  }

  #command(sql: string): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => this.#send(sql, undefined, resolve, reject));
  }

  /**
   * perf: callbacks, because each promise between the socket and the caller takes a turn of its own.
   *
   * @param values undefined sends the text as it is, in one round trip
   */
  #send(
    sql: string,
    values: readonly unknown[] | undefined,
    resolve: (result: QueryResult<unknown>) => void,
    reject: (error: Error) => void,
  ): void {
    this.#cut = reject;
    const done = (error: mysql.QueryError | null, result: unknown): void => {
      this.#cut = undefined;
      if (error === null) {
        if (!Array.isArray(result)) this.#inTransaction = ((result as StatementHeader).serverStatus & IN_TRANSACTION) !== 0;
        resolve(toResult(result));
      } else {
        this.#noteError(error);
        reject(error);
      }
    };
    if (values === undefined) this.#connection.query(sql, done);
    else this.#connection.execute(sql, values as mysql.ExecuteValues, done);
  }

  #noteError(error: unknown): void {
    const { kind, endsTransaction } = classifyMysqlError(error);
    if (kind === "lost" || kind === "unavailable") this.#broken = true;
    if (endsTransaction === true) this.#inTransaction = false;
  }

  async *stream(sql: string, parameters: readonly unknown[], chunkSize: number): AsyncGenerator<readonly unknown[], void> {
    const command = this.#connection.execute(sql, encodeParameters(parameters, toMysqlValue) as mysql.ExecuteValues);
    const rows = command.stream({ highWaterMark: chunkSize });
    let chunk: unknown[] = [];
    try {
      for await (const row of rows.iterator({ destroyOnReturn: false })) {
        chunk.push(row);
        if (chunk.length < chunkSize) continue;
        yield chunk;
        chunk = [];
      }
      if (chunk.length > 0) yield chunk;
    } catch (error) {
      this.#noteError(error);
      throw error;
    } finally {
      if (!rows.readableEnded && !this.#broken) await this.#drain(rows);
    }
  }

  /** The protocol knows no way to leave the rest of the rows: the server is stopped, and what is under way thrown away. */
  async #drain(rows: Readable): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.destroy();
      resolve();
    }, DRAIN_TIMEOUT);
    rows
      .once("end", resolve)
      .once("error", () => resolve())
      .once("close", resolve);
    rows.resume();
    await this.cancel().catch(() => this.destroy());
    await promise;
    clearTimeout(timer);
    if (!this.#broken) await this.#command("do 0").catch(() => undefined); // the kill may have come too late for the rows
  }

  async begin({ isolation, readOnly }: BeginSettings): Promise<void> {
    // For the next transaction only.
    if (isolation !== undefined) await this.#command(`set transaction isolation level ${isolation}`);
    await this.#command(readOnly ? "start transaction read only" : "start transaction");
  }

  async commit(): Promise<void> {
    await this.#command("commit");
  }

  async rollback(): Promise<void> {
    await this.#command("rollback");
  }

  async cancel(): Promise<void> {
    await this.#kill(this.#connection.threadId);
  }

  async close(): Promise<void> {
    this.#broken = true;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#connection.end(() => resolve());
    await promise;
  }

  destroy(): void {
    this.#broken = true;
    this.#connection.destroy();
    this.#cut?.(new MysqlConnectionCut("The connection was closed while a statement ran."));
    this.#cut = undefined;
  }
}

function toResult(result: unknown): QueryResult<unknown> {
  if (Array.isArray(result)) return { rows: result };
  const { affectedRows, changedRows, insertId } = result as StatementHeader;
  return {
    rows: [],
    numAffectedRows: BigInt(affectedRows),
    ...(changedRows !== undefined && { numChangedRows: BigInt(changedRows) }),
    ...(String(insertId) !== "0" && { insertId: BigInt(insertId) }),
  };
}

/** Big integers the package would write as JSON. */
function toMysqlValue(value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
