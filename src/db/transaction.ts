import type { Kysely } from "kysely";
import { type Clock, type PlinthError, type Timer, currentContext, isPlinthError, parseDuration } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { Isolation, Transaction, TransactionOptions } from "./contract.ts";
import { errors } from "./errors.ts";
import { isRetryable, withAttempts } from "./failures.ts";
import type { Session, StatementLimits } from "./session.ts";
import {
  type AfterTask,
  type TransactionScope,
  currentTransaction,
  leaveTransaction,
  runInTransactionScope,
} from "./transaction-scope.ts";
import { waitAwake } from "./wait-awake.ts";

const RETRIES = 5;
/** Full jitter: any time up to the base, doubled with each attempt, up to the cap. Milliseconds. */
const BACKOFF_BASE = 10;
const BACKOFF_CAP = 1_000;

/** What transactions need of their database. */
export interface TransactionHost {
  readonly clock: Clock;
  readonly log: Logger | undefined;
  /** Milliseconds without a statement after which a transaction is rolled back. */
  readonly idleTimeout: number;
  acquire(readOnly: boolean, deadline: number): Promise<Session>;
  release(session: Session): void;
  /** Queries on a transaction's own session. */
  bind(transaction: ActiveTransaction): unknown;
}

/** A transaction or savepoint that is under way, as the scope that code runs in. */
export class ActiveTransaction implements TransactionScope {
  readonly host: TransactionHost;
  readonly session: Session;
  readonly limits: StatementLimits;
  readonly isolation: Isolation | undefined;
  /** The scope around this one, of this or of another database. */
  readonly outer: TransactionScope | undefined;
  /** The transaction that this is a savepoint of. */
  readonly parent: ActiveTransaction | undefined;
  readonly depth: number;
  readonly tasks: AfterTask[] = [];
  ended = false;
  /** Resolves with the last of the nested transactions so far. Siblings take turns, because their savepoints must not interleave. */
  nested: Promise<unknown> = Promise.resolve();
  /** The nested transaction whose savepoint is open. */
  running: ActiveTransaction | undefined = undefined;
  #query: unknown;

  constructor(
    host: TransactionHost,
    parts: Pick<ActiveTransaction, "session" | "limits" | "isolation" | "outer" | "parent" | "depth">,
  ) {
    this.host = host;
    this.session = parts.session;
    this.limits = parts.limits;
    this.isolation = parts.isolation;
    this.outer = parts.outer;
    this.parent = parts.parent;
    this.depth = parts.depth;
  }

  get query(): unknown {
    this.#query ??= this.host.bind(this);
    return this.#query;
  }

  afterCommit(task: AfterTask): void {
    this.assertOpen();
    this.tasks.push(task);
  }

  /** A savepoint ends with the transaction around it at the latest. */
  assertOpen(): void {
    if (this.ended) throw errors.TRANSACTION_ENDED({});
    this.parent?.assertOpen();
  }

  /**
   * Waits until no savepoint is open that this code is not in: a statement that ran into one would be undone with it.
   *
   * @throws E_DB_TRANSACTION_ENDED
   */
  async turn(): Promise<void> {
    while (this.running !== undefined && !isIn(this.running)) await this.nested;
    this.assertOpen();
  }

  /** Waits for nested transactions that nobody has awaited: their end must be known before this one's. */
  async settle(): Promise<void> {
    for (let last: unknown; last !== this.nested;) {
      last = this.nested;
      // oxlint-disable-next-line no-await-in-loop -- another one may have begun meanwhile
      await last;
    }
  }
}

function isIn(wanted: ActiveTransaction): boolean {
  for (let scope = currentTransaction(); scope !== undefined; scope = scope.outer) if (scope === wanted) return true;
  return false;
}

/** The transaction of one database that the current code runs in, if any. */
export function findTransaction(host: TransactionHost): ActiveTransaction | undefined {
  for (let scope = currentTransaction(); scope instanceof ActiveTransaction; scope = scope.outer) {
    if (scope.host === host) {
      scope.assertOpen();
      return scope;
    }
  }
  return undefined;
}

/** Runs a function in a transaction, or in a savepoint of the one around it. */
export async function runTransaction<Schema, Result>(
  host: TransactionHost,
  options: TransactionOptions,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  const enclosing = findTransaction(host);
  return enclosing === undefined ? runOutermost(host, options, run) : runNested(enclosing, options, run);
}

async function runOutermost<Schema, Result>(
  host: TransactionHost,
  options: TransactionOptions,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  const { retries = RETRIES } = options;
  const deadline = options.deadline === undefined ? Infinity : host.clock.monotonic() + parseDuration(options.deadline);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await runOnce(host, { ...options, until: deadline }, run);
    } catch (error) {
      if (!isRetryable(error)) throw error;
      const pause = Math.random() * Math.min(BACKOFF_CAP, BACKOFF_BASE * 2 ** attempt);
      const end = Math.min(deadline, currentContext()?.deadline ?? Infinity);
      if (attempt > retries || host.clock.monotonic() + pause >= end) throw withAttempts(error as PlinthError, attempt);
      await waitAwake(host.clock, pause, currentContext()?.signal);
    }
  }
}

async function runOnce<Schema, Result>(
  host: TransactionHost,
  options: TransactionOptions & { readonly until: number },
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  const { isolation, readOnly = false } = options;
  const session = await host.acquire(readOnly, options.until);
  let scope: ActiveTransaction | undefined;
  let result: Result;
  try {
    await session.begin({ isolation, readOnly }, { deadline: options.until, signal: undefined });
    const limits: StatementLimits = { deadline: options.until, signal: undefined, lease: session.lease };
    const outer = currentTransaction();
    scope = new ActiveTransaction(host, { session, limits, isolation, outer, parent: undefined, depth: 0 });
    result = await runGuarded(scope, run);
    if (readOnly) await commitReadOnly(session);
    else await session.commit();
  } catch (error) {
    if (scope !== undefined) scope.ended = true;
    await session.rollback();
    throw error;
  } finally {
    host.release(session);
  }
  await runTasks(host, scope.tasks);
  return result;
}

/** Nothing was written, so nothing is unknown when the connection is lost. */
async function commitReadOnly(session: Session): Promise<void> {
  await session.commit().catch((error: unknown) => {
    if (!isPlinthError(error, "E_DB_OUTCOME_UNKNOWN")) throw error;
  });
}

/** Runs the function in its scope, and takes the transaction away from one that does nothing with it. */
async function runGuarded<Schema, Result>(
  scope: ActiveTransaction,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  const idle = watchIdle(scope);
  try {
    const result = await callInScope(scope, run);
    await scope.settle();
    if (idle.error() !== undefined) throw idle.error();
    return result;
  } catch (error) {
    throw idle.error() ?? error;
  } finally {
    idle.cancel();
    scope.ended = true;
  }
}

function callInScope<Schema, Result>(
  scope: ActiveTransaction,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  const tx: Transaction<Schema> = {
    get query() {
      return scope.query as Kysely<Schema>;
    },
    afterCommit: (task) => scope.afterCommit(task),
  };
  return runInTransactionScope(scope, () => run(tx));
}

function watchIdle({ host, session }: ActiveTransaction): { error(): PlinthError | undefined; cancel(): void } {
  const { clock, idleTimeout } = host;
  let error: PlinthError | undefined;
  let timer: Timer | undefined;
  const look = (): void => {
    const left = session.busy ? idleTimeout : session.lastUsed + idleTimeout - clock.monotonic();
    if (left > 0) return void (timer = clock.schedule(left, look));
    error = errors.TRANSACTION_IDLE({ milliseconds: idleTimeout });
    session.destroy();
  };
  if (idleTimeout !== Infinity) timer = clock.schedule(idleTimeout, look);
  return { error: () => error, cancel: () => timer?.cancel() };
}

async function runNested<Schema, Result>(
  outer: ActiveTransaction,
  options: TransactionOptions,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  if (options.isolation !== undefined && options.isolation !== outer.isolation) {
    throw errors.OPTION_INVALID({
      option: "isolation",
      reason: "a nested transaction has that of the outermost one; give it there",
    });
  }
  const before = outer.nested;
  const { promise, resolve } = Promise.withResolvers<void>();
  outer.nested = promise;
  await before;
  try {
    return await runSavepoint(outer, run);
  } finally {
    resolve();
  }
}

async function runSavepoint<Schema, Result>(
  outer: ActiveTransaction,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  outer.assertOpen();
  const { host, session, limits, isolation } = outer;
  const depth = outer.depth + 1;
  const name = `plinth_${depth}`;
  const scope = new ActiveTransaction(host, { session, limits, isolation, outer: currentTransaction(), parent: outer, depth });
  outer.running = scope;
  try {
    await session.execute(`savepoint ${name}`, [], limits);
    const result = await runInSavepoint(scope, name, run);
    outer.tasks.push(...scope.tasks);
    return result;
  } finally {
    outer.running = undefined;
  }
}

async function runInSavepoint<Schema, Result>(
  scope: ActiveTransaction,
  name: string,
  run: (tx: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  const { session, limits } = scope;
  try {
    const result = await callInScope(scope, run);
    await scope.settle();
    scope.ended = true;
    await session.execute(`release savepoint ${name}`, [], limits);
    return result;
  } catch (error) {
    scope.ended = true;
    await rollBackTo(session, name, limits.lease);
    throw error;
  }
}

/**
 * Does not hide the error that led here: where this fails, the transaction is lost, and its COMMIT will say so. Where the transaction has ended
 * meanwhile, there is nothing to take back, and the connection may be somebody else's.
 */
async function rollBackTo(session: Session, name: string, lease: number | undefined): Promise<void> {
  if (session.lostTo !== undefined || session.lease !== lease) return;
  try {
    await session.undo(`rollback to savepoint ${name}`, lease);
    await session.undo(`release savepoint ${name}`, lease);
  } catch {
    if (session.lease === lease) session.destroy();
  }
}

async function runTasks(host: TransactionHost, tasks: readonly AfterTask[]): Promise<void> {
  for (const task of tasks) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- in the order in which they were given
      await leaveTransaction(task);
    } catch (error) {
      host.log?.error({ error }, "A task after a commit failed.");
    }
  }
}
