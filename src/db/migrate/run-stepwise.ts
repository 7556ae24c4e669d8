import { sql } from "kysely";
import { toError } from "../../core/mod.ts";
import type { MigrationRecord, RecordState } from "./history.ts";
import { PinnedTarget, type StatementWatch } from "./pinned-target.ts";
import { UNTOUCHED } from "./plan.ts";
import { type MigrationRun, type Step, callMigration, doneRecord, failure, faultsOf } from "./run-migration.ts";
import { createStatementHandle } from "./statement-handle.ts";

/** As much of a statement as a record keeps. */
const STATEMENT_KEPT = 1_000;

const CONCURRENT = /\bconcurrently\b/i;

/**
 * Runs a migration without a transaction around it: its record is written before it begins and says at every moment how far it is, so that
 * whoever finds it cut off knows what to look at.
 *
 * @throws E_DB_MIGRATION_FAILED
 */
export async function runStepwise(run: MigrationRun, step: Step): Promise<void> {
  const { connection, engine, history } = run;
  const { name } = step.migration;
  const begun = run.clock.monotonic();
  const state: RecordState = step.direction === "up" ? "running" : "reverting";
  const begin: MigrationRecord = { ...doneRecord(run, step, begun), state, detail: UNTOUCHED };
  await (step.record === undefined ? history.insert(connection, begin) : history.replace(connection, begin));
  const progress = new Progress((detail) => history.note(connection, name, { state, detail }));
  try {
    await settleTimeouts(run, async () => {
      const target = new PinnedTarget({ handle: connection, watch: progress, engine, faults: faultsOf(step) });
      await callMigration(step, createStatementHandle(engine, target), { dialect: engine });
    });
  } catch (thrown) {
    throw await recordFailure({ run, step, progress }, thrown);
  }
  if (step.direction === "down") await history.forget(connection, name);
  else await history.replace(connection, doneRecord(run, step, begun));
}

interface Broken {
  readonly run: MigrationRun;
  readonly step: Step;
  readonly progress: Progress;
}

/** What to do with a migration that threw depends on whether anything of it can be there. */
async function recordFailure({ run, step, progress }: Broken, thrown: unknown): Promise<Error> {
  const { connection, history } = run;
  const { name } = step.migration;
  try {
    if (progress.touched) {
      await history.note(connection, name, { state: "failed", detail: `${progress.detail} Error: ${toError(thrown).message}` });
      const next = `${progress.detail} \`plinth db migrate\` says how to go on.`;
      return failure(step, thrown, `There was no transaction to undo it. ${next}`);
    }
    if (step.direction === "up" && step.record === undefined) await history.forget(connection, name);
    else if (step.record !== undefined) await history.replace(connection, step.record);
    return failure(step, thrown, "Its first statement did not succeed, so it runs again next time.");
  } catch {
    // The connection broke: the record says how far it got, and the first error says more than the second.
    return failure(step, thrown, "How far it got is in the record that the next run finds.");
  }
}

/** How far a migration is. */
class Progress implements StatementWatch {
  detail = UNTOUCHED;
  #done = 0;
  #statement = "";
  readonly #write: (detail: string) => Promise<void>;

  constructor(write: (detail: string) => Promise<void>) {
    this.#write = write;
  }

  /** Whether anything of it may be there: engines undo the statement that failed, but not an index that is built concurrently. */
  get touched(): boolean {
    return this.#done > 0 || CONCURRENT.test(this.#statement);
  }

  before(statement: string): Promise<void> {
    this.#statement = statement;
    const leftover = CONCURRENT.test(statement) ? " An index that it left behind is INVALID: drop it." : "";
    this.detail = `${this.#sofar()} It was at: ${shorten(statement)}.${leftover}`;
    return this.#write(this.detail);
  }

  after(statement: string): Promise<void> {
    this.#done += 1;
    this.detail = `${this.#sofar()} The last one: ${shorten(statement)}.`;
    return this.#write(this.detail);
  }

  #sofar(): string {
    return `It had done ${this.#done} ${this.#done === 1 ? "statement" : "statements"}.`;
  }
}

function shorten(statement: string): string {
  const line = statement.replaceAll(/\s+/g, " ").trim();
  return line.length > STATEMENT_KEPT ? `${line.slice(0, STATEMENT_KEPT)}…` : line;
}

/** Without a transaction, settings are the session's: they are put back, because the connection returns to its pool. */
async function settleTimeouts({ connection, engine, tableLockTimeout }: MigrationRun, run: () => Promise<void>): Promise<void> {
  if (engine === "sqlite") return run();
  const seconds = Math.max(1, Math.ceil(tableLockTimeout / 1_000));
  // CREATE INDEX CONCURRENTLY waits for transactions as if for locks, and must be able to: it holds nobody up.
  const [set, reset] =
    engine === "postgres"
      ? [sql`set statement_timeout = 0`, sql`reset statement_timeout`]
      : [sql`set session lock_wait_timeout = ${sql.lit(seconds)}`, sql`set session lock_wait_timeout = default`];
  await set.execute(connection);
  try {
    await run();
  } finally {
    await reset.execute(connection).catch(() => undefined); // only a broken connection refuses, and that is gone with its settings
  }
}
