import type { CompiledQuery, QueryResult } from "kysely";
import type { StatementTarget } from "./statement-handle.ts";

/** A statement as it would be run. */
export interface RecordedStatement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

const READS = /^\s*(?:\(\s*)*(?:select|with|show|pragma|values|table|explain)\b|\breturning\b/i;

/** Writes down statements instead of running them. Queries find nothing. */
export class RecordingTarget implements StatementTarget {
  readonly statements: RecordedStatement[] = [];
  /** Whether anything was read: what came after it may depend on it. */
  reads = false;
  readonly #nested: (() => Error) | undefined;

  /** @param nested made when a transaction is begun; without it, that is written down */
  constructor(nested?: () => Error) {
    this.#nested = nested;
  }

  run({ sql, parameters }: CompiledQuery): Promise<QueryResult<never>> {
    this.statements.push({ sql, parameters });
    if (READS.test(sql)) this.reads = true;
    return Promise.resolve({ rows: [], numAffectedRows: 0n });
  }

  async *stream(query: CompiledQuery): AsyncIterableIterator<QueryResult<never>> {
    yield await this.run(query);
  }

  begin(): Promise<void> {
    if (this.#nested !== undefined) return Promise.reject(this.#nested());
    return this.note("begin");
  }

  commit(): Promise<void> {
    return this.note("commit");
  }

  rollback(): Promise<void> {
    return this.note("rollback");
  }

  note(sql: string): Promise<void> {
    this.statements.push({ sql, parameters: [] });
    return Promise.resolve();
  }
}
