import { type TransactionScope, currentTransaction } from "../db/transaction-scope.ts";

/**
 * What open transactions have set, deleted or invalidated: it takes effect after their commit, and until then what they
 * read of it must not come from the cache, which knows only what was committed.
 */
export class TransactionTouches {
  readonly #names = new WeakMap<TransactionScope, Set<string>>();
  /** Whether any transaction of this thread ever touched anything: until then a read need not ask in which one it is. */
  used = false;

  /** Runs a change after the commit of the current transaction, or now when there is none. */
  async afterCommit(names: readonly string[], apply: () => Promise<void>): Promise<void> {
    const scope = currentTransaction();
    if (scope === undefined) return apply();
    this.used = true;
    const outermost = outermostOf(scope);
    const touched = this.#names.get(outermost) ?? new Set<string>();
    this.#names.set(outermost, touched);
    for (const name of names) touched.add(name);
    scope.afterCommit(apply);
  }

  /** Whether a transaction has touched one of these. */
  has(scope: TransactionScope, names: readonly string[]): boolean {
    const touched = this.#names.get(outermostOf(scope));
    return touched !== undefined && names.some((name) => touched.has(name));
  }
}

/** A transaction sees what its savepoints have touched, and they what it has. */
function outermostOf(scope: TransactionScope): TransactionScope {
  let outermost = scope;
  while (outermost.outer !== undefined) outermost = outermost.outer;
  return outermost;
}
