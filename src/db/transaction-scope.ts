import { AsyncLocalStorage } from "node:async_hooks";

/** A task that belongs to a transaction's end. */
export type AfterTask = () => void | Promise<void>;

/** The transaction that code runs in, as other rooms see it: something whose end they can wait for. */
export interface TransactionScope {
  /** The scope around this one, if any. */
  readonly outer?: TransactionScope | undefined;
  /**
   * Has a task done once the outermost transaction is committed, in the order in which tasks were given. A task that fails is logged and
   * keeps neither the others nor the caller. When the transaction is rolled back, or tried again, its tasks are forgotten.
   */
  afterCommit(task: AfterTask): void;
}

const ambient = new AsyncLocalStorage<TransactionScope | undefined>();

/** The transaction that the current code runs in, if any. Other rooms join it: what they undo or announce waits for its commit. */
export function currentTransaction(): TransactionScope | undefined {
  return ambient.getStore();
}

/** Runs a function, and everything it awaits, in a transaction's scope. */
export function runInTransactionScope<Result>(scope: TransactionScope, run: () => Result): Result {
  return ambient.run(scope, run);
}

/**
 * Runs a function outside of the transaction around it: what it writes stays when the transaction is rolled back, and what it starts may
 * outlive it. It takes a connection of its own; on SQLite, where one may write at a time, it must only read.
 *
 * @example
 * const rates = await leaveTransaction(() => db.query.selectFrom("rates").selectAll().execute());
 */
export function leaveTransaction<Result>(run: () => Result): Result {
  return ambient.run(undefined, run);
}
