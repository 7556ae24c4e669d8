import type { QueryResult } from "kysely";
import type pg from "pg";
import type { BeginSettings, DriverConnection, StatementOptions } from "../contract.ts";
import type { ServerAddress } from "../database-url.ts";
import { loadDriverPackage } from "../driver-package.ts";
import { encodeParameters } from "../encode-parameters.ts";
import { sendCancelRequest } from "./cancel-request.ts";
import { classifyPostgresError } from "./postgres-failures.ts";
import { toPostgresValue } from "./postgres-values.ts";
import type { StatementNames } from "./statement-names.ts";

/** Statements kept on the server per connection. */
const MAX_STATEMENTS = 200;

/** What `pg` has and its types do not show. */
interface ClientInternals {
  readonly processID: number;
  readonly secretKey: number | Uint8Array;
  readonly connection: {
    readonly stream: { destroy(): void };
    readonly parsedStatements: Record<string, string | undefined>;
    close(message: { readonly type: "S"; readonly name: string }): void;
  };
  getTransactionStatus(): string | null;
}

type Client = pg.Client & ClientInternals;

interface Statement {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
}

export interface PostgresConnectionParts {
  readonly server: ServerAddress;
  readonly names: StatementNames;
  readonly types: pg.CustomTypesConfig;
}

export class PostgresConnection implements DriverConnection {
  readonly #client: Client;
  readonly #server: ServerAddress;
  readonly #names: StatementNames;
  readonly #types: pg.CustomTypesConfig;
  /** Named on this connection, the ones used last at the end. */
  readonly #held = new Map<string, string>();
  #broken = false;

  constructor(client: pg.Client, parts: PostgresConnectionParts) {
    this.#client = client as Client;
    this.#server = parts.server;
    this.#names = parts.names;
    this.#types = parts.types;
    // An error without anybody who waits for it: the server or the network has ended the session.
    client.on("error", () => (this.#broken = true));
    client.on("end", () => (this.#broken = true));
  }

  get broken(): boolean {
    return this.#broken;
  }

  get inTransaction(): boolean {
    const status = this.#client.getTransactionStatus();
    return status === "T" || status === "E";
  }

  execute(sql: string, parameters: readonly unknown[], { prepare }: StatementOptions): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => {
      const values = encodeParameters(parameters, toPostgresValue) as unknown[];
      const name = prepare ? this.#names.find(sql) : undefined;
      if (name === undefined) return this.#send({ text: sql, values }, resolve, reject);
      this.#hold(name, sql);
      this.#send({ name, text: sql, values }, resolve, (error) => {
        if (classifyPostgresError(error).kind !== "stale-statement") return reject(error);
        this.#forget(name, error);
        // Nothing has run yet when the server refuses a name: it may be sent again, unless that has cost the transaction.
        if (this.inTransaction) reject(error);
        else this.#send({ text: sql, values }, resolve, reject);
      });
    });
  }

  #forget(name: string, error: Error): void {
    const { code } = error as { code?: string };
    // The name is there though we never gave it, or gone though we did: a pooler hands our statements to different sessions.
    if (code === "26000" || code === "42P05") this.#names.enabled = false;
    else this.#letGo(name);
  }

  // perf: callbacks, because each promise between the socket and the caller takes a turn of its own.
  #send(query: Statement, resolve: (result: QueryResult<unknown>) => void, reject: (error: Error) => void): void {
    this.#client.query(query, (error: Error | null, result: pg.QueryResult) => {
      if (error) {
        this.#noteError(error);
        reject(error);
      } else resolve(toResult(result));
    });
  }

  #command(text: string): Promise<QueryResult<unknown>> {
    return new Promise((resolve, reject) => this.#send({ text, values: [] }, resolve, reject));
  }

  #noteError(error: Error): void {
    const { kind } = classifyPostgresError(error);
    if (kind === "lost" || kind === "unavailable") this.#broken = true;
  }

  #hold(name: string, sql: string): void {
    const isFull = this.#held.size >= MAX_STATEMENTS;
    if (this.#held.has(name)) {
      // perf: which was used last matters only once one has to go.
      if (isFull && this.#held.delete(name)) this.#held.set(name, sql);
      return;
    }
    if (isFull) {
      for (const oldest of this.#held.keys()) {
        this.#letGo(oldest);
        break;
      }
    }
    this.#held.set(name, sql);
  }

  /** Travels with the next statement. */
  #letGo(name: string): void {
    const { connection } = this.#client;
    this.#held.delete(name);
    if (connection.parsedStatements[name] === undefined) return;
    delete connection.parsedStatements[name];
    connection.close({ type: "S", name });
  }

  async *stream(sql: string, parameters: readonly unknown[], chunkSize: number): AsyncGenerator<readonly unknown[], void> {
    const cursor = this.#client.query(
      await openCursor(sql, encodeParameters(parameters, toPostgresValue) as unknown[], this.#types),
    );
    try {
      for (let rows = await cursor.read(chunkSize); rows.length > 0; rows = await cursor.read(chunkSize)) yield rows;
    } catch (error) {
      this.#noteError(error as Error);
      throw error;
    } finally {
      if (!this.#broken) await cursor.close();
    }
  }

  async begin({ isolation, readOnly }: BeginSettings): Promise<void> {
    const modes = `${isolation === undefined ? "" : ` isolation level ${isolation}`}${readOnly ? " read only" : ""}`;
    await this.#command(`begin${modes}`);
  }

  async commit(): Promise<void> {
    const command = await new Promise<string>((resolve, reject) => {
      this.#client.query("commit", (error: Error | null, result: pg.QueryResult) => {
        if (error) {
          this.#noteError(error);
          reject(error);
        } else resolve(result.command);
      });
    });
    // To the COMMIT of a transaction that has failed, the server answers ROLLBACK, and no error.
    if (command !== "COMMIT") throw new Error("The transaction had failed before its COMMIT: it was rolled back.");
  }

  async rollback(): Promise<void> {
    await this.#command("rollback");
  }

  async cancel(): Promise<void> {
    await sendCancelRequest(this.#server, { processId: this.#client.processID, secretKey: this.#client.secretKey });
  }

  async close(): Promise<void> {
    this.#broken = true;
    await this.#client.end();
  }

  destroy(): void {
    this.#broken = true;
    this.#client.connection.stream.destroy();
  }
}

/** What is used of `pg-cursor`, which ships no types. */
interface Cursor extends pg.Submittable {
  read(count: number): Promise<unknown[]>;
  close(): Promise<void>;
}

async function openCursor(sql: string, values: unknown[], types: pg.CustomTypesConfig): Promise<Cursor> {
  // @ts-expect-error -- it ships no types
  const module = (await loadDriverPackage("pg-cursor", () => import("pg-cursor"))) as {
    default: new (text: string, values: unknown[], config: object) => Cursor;
  };
  return new module.default(sql, values, { types });
}

function toResult({ command, rowCount, rows }: pg.QueryResult): QueryResult<unknown> {
  if (command === "SELECT" || rowCount === null) return { rows };
  return { rows, numAffectedRows: BigInt(rowCount) };
}
