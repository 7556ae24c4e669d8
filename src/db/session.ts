import type { QueryResult } from "kysely";
import { type Clock, type Context, type PlinthError, type Timer, currentContext, isPlinthError } from "../core/mod.ts";
import type { Logger } from "../log/contract.ts";
import { queryFinished } from "./channels.ts";
import type { BeginSettings, DatabaseDriver, DriverConnection } from "./contract.ts";
import { errors } from "./errors.ts";
import { translateError } from "./failures.ts";
import type { Poolable } from "./pool.ts";
import { withTraceComment } from "./sql-comment.ts";
import { SWEEP_INTERVAL, type StatementWatch, type Watched } from "./statement-watch.ts";

/** Milliseconds that a server has to end a statement that was cancelled, before its connection is thrown away. */
const CANCEL_GRACE = 1_000;
/** Milliseconds that a rollback may take, likewise. */
const ROLLBACK_TIMEOUT = 5_000;
/** Ends without effect what a cancel that came too late may have left behind. */
const PROBE = "select 1";

/** What the sessions of a database have in common. */
export interface SessionSettings {
  readonly database: string;
  readonly driver: DatabaseDriver;
  readonly clock: Clock;
  readonly log: Logger | undefined;
  readonly watch: StatementWatch;
  /** Milliseconds; Infinity for none. */
  readonly statementTimeout: number;
  /** Milliseconds from which a statement is logged as slow; Infinity for never. */
  readonly slowQuery: number;
  readonly sqlComments: boolean;
}

/** What ends a statement besides its own end. */
export interface StatementLimits {
  /** In the clock's monotonic milliseconds. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
  /**
   * Belongs to a transaction's end: neither the context nor an earlier failure keeps it from running, and when its time is over the
   * connection is cut instead, because a COMMIT must not be talked out of it half-way.
   */
  readonly final?: boolean;
  /** The transaction that it belongs to, as {@link Session.lease} was then: once that has ended, it is refused. Default: it belongs to none. */
  readonly lease?: number;
}

export const NO_LIMITS: StatementLimits = Object.freeze({ deadline: Infinity, signal: undefined });

/**
 * The guard: one connection, and around every statement on it what all drivers need alike. Statements queue up; each ends by its time-out,
 * the deadline of its context, or when its caller leaves; errors come out as the room's own; its end is announced.
 */
export class Session implements Poolable, Watched {
  readonly #connection: DriverConnection;
  readonly #settings: SessionSettings;
  #context: Context | undefined;
  #signal: AbortSignal | undefined;
  #startedAt = 0;
  #expiresAt = Infinity;
  #listening = false;
  /** Makes the error of the statement that is being stopped. */
  #stopReason: ((cause?: unknown) => PlinthError) | undefined;
  #cancelling: Promise<void> | undefined;
  #cancelTimer: Timer | undefined;
  #final = false;
  #busy = false;
  /** A stream waits for its consumer. */
  #suspended = false;
  /** In a transaction that this guard has begun. */
  #began = false;
  readonly #queue: (() => void)[] = [];
  #lostTo: PlinthError | undefined;
  #lease = 0;
  /** When the last statement ended, in monotonic milliseconds. */
  lastUsed = 0;

  constructor(connection: DriverConnection, settings: SessionSettings) {
    this.#connection = connection;
    this.#settings = settings;
  }

  /** Not to be used again: it has ended, or somebody left a transaction open on it. */
  get broken(): boolean {
    return this.#connection.broken || this.#connection.inTransaction;
  }

  /** It has ended. */
  get dead(): boolean {
    return this.#connection.broken;
  }

  get inTransaction(): boolean {
    return this.#connection.inTransaction;
  }

  /** A statement runs or waits. */
  get busy(): boolean {
    return this.#busy;
  }

  /** The error with which the server has rolled the transaction back, if it has. */
  get lostTo(): PlinthError | undefined {
    return this.#lostTo;
  }

  /** Tells the transactions on this connection apart: another number from the moment at which one has ended. */
  get lease(): number {
    return this.#lease;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /**
   * @throws E_DB_STATEMENT_TIMEOUT, E_DB_CANCELLED, E_DB_TRANSACTION_ABORTED, and whatever the database makes of the statement
   */
  async execute(sql: string, parameters: readonly unknown[], limits: StatementLimits): Promise<QueryResult<unknown>> {
    if (this.#busy) await this.#turn();
    this.#busy = true;
    let failure: PlinthError | undefined;
    let rows = 0;
    try {
      this.#begin(limits);
      const text = this.#settings.sqlComments ? withTraceComment(sql, this.#context) : sql;
      const result = await this.#connection.execute(text, parameters, { prepare: text === sql });
      if (this.#cancelling !== undefined) await this.#absorbCancel();
      // MySQL commits before and after statements that change the schema, and says nothing about it.
      if (this.#began && !this.#connection.inTransaction)
        this.#lostTo = errors.TRANSACTION_ABORTED({ reason: `it was ended by: ${sql}` });
      rows = result.numAffectedRows === undefined ? result.rows.length : Number(result.numAffectedRows);
      return result;
    } catch (error) {
      throw (failure = await this.#fail(error));
    } finally {
      this.#end(sql, rows, failure);
    }
  }

  /** As {@link execute}, chunk by chunk. The time-out is for each chunk; the deadline is for all. */
  async *stream(
    sql: string,
    parameters: readonly unknown[],
    options: StatementLimits & { readonly chunkSize: number },
  ): AsyncGenerator<readonly unknown[], void> {
    if (this.#busy) await this.#turn();
    this.#busy = true;
    let failure: PlinthError | undefined;
    let rows = 0;
    let chunks: AsyncIterableIterator<readonly unknown[]> | undefined;
    try {
      this.#begin(options);
      chunks = this.#connection.stream(sql, parameters, options.chunkSize);
      for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
        this.#settings.watch.delete(this); // the consumer's time is not the statement's
        rows += next.value.length;
        this.#suspended = true;
        yield next.value;
        this.#suspended = false;
        if (this.#stopReason !== undefined) throw this.#stopReason();
        this.#begin(options);
      }
    } catch (error) {
      failure = isPlinthError(error) ? error : await this.#fail(error);
      throw failure;
    } finally {
      this.#suspended = false;
      await chunks?.return?.().catch(() => this.destroy());
      if (this.#cancelling !== undefined) await this.#absorbCancel();
      this.#end(sql, rows, failure);
    }
  }

  async begin(settings: BeginSettings, limits: StatementLimits): Promise<void> {
    this.#lostTo = undefined;
    await this.#run("begin", limits, () => this.#connection.begin(settings));
    this.#began = true;
  }

  /** Not cancelled by anything: when its time is over, the connection is cut and the outcome unknown. */
  async commit(): Promise<void> {
    if (this.#lostTo !== undefined) throw aborted(this.#lostTo);
    this.#began = false;
    // It was lost before anything was asked of it, so it is rolled back.
    if (this.dead) throw errors.CONNECTION_LOST({});
    const { driver } = this.#settings;
    let sent: unknown;
    const commit = (): Promise<void> =>
      this.#connection
        .commit()
        .catch((error: unknown) => {
          sent = error;
          throw error;
        })
        // Before anybody else has a turn: what waits belonged to the transaction, and would be part of nothing, or of another one.
        .finally(() => (this.#lease += 1));
    try {
      await this.#run("commit", { ...NO_LIMITS, final: true }, commit);
    } catch (error) {
      const isUnknown = sent !== undefined && ["lost", "unavailable", "cancelled"].includes(driver.classify(sent).kind);
      if (!isUnknown) throw error;
      this.destroy();
      throw errors.OUTCOME_UNKNOWN({ target: driver.target }, { cause: sent });
    }
  }

  /**
   * Leaves the transaction, if the server has not left it already. Never rejects: what cannot be rolled back is closed, which comes to the same.
   * Statements still running or waiting are ended.
   */
  async rollback(): Promise<void> {
    this.#began = false;
    this.#lease += 1;
    if (this.dead || this.#suspended) return this.destroy();
    if (this.#busy) this.#stop((cause) => errors.CANCELLED({}, { cause }));
    this.#lostTo ??= errors.TRANSACTION_ENDED({});
    try {
      await this.#run("rollback", this.#soon(), async () => {
        if (this.#connection.inTransaction) await this.#connection.rollback();
      });
    } catch (error) {
      this.#settings.log?.warn({ error }, "A rollback failed; its connection is closed instead.");
      this.destroy();
    }
    this.#lostTo = undefined;
  }

  /** Takes back a part of the transaction of that lease. */
  async undo(sql: string, lease: number | undefined): Promise<void> {
    const limits = lease === undefined ? this.#soon() : { ...this.#soon(), lease };
    await this.#run(sql, limits, async () => void (await this.#connection.execute(sql, [], { prepare: false })));
  }

  #soon(): StatementLimits {
    return { deadline: this.#settings.clock.monotonic() + ROLLBACK_TIMEOUT, signal: undefined, final: true };
  }

  /** Something that is no query of the user's. */
  async #run(sql: string, limits: StatementLimits, work: () => Promise<void>): Promise<void> {
    if (this.#busy) await this.#turn();
    this.#busy = true;
    let failure: PlinthError | undefined;
    try {
      this.#begin(limits);
      await work();
      if (this.#cancelling !== undefined) await this.#absorbCancel();
    } catch (error) {
      throw (failure = await this.#fail(error));
    } finally {
      this.#end(sql, 0, failure);
    }
  }

  #turn(): Promise<void> {
    // Whoever waits for the consumer of a stream may be that consumer.
    if (this.#suspended) throw errors.STREAM_OPEN({});
    return new Promise((resolve) => this.#queue.push(resolve));
  }

  #begin(limits: StatementLimits): void {
    const { clock, statementTimeout, watch } = this.#settings;
    const now = clock.monotonic();
    this.#startedAt = now;
    this.#final = limits.final === true;
    if (limits.lease !== undefined && limits.lease !== this.#lease) throw errors.TRANSACTION_ENDED({});
    if (this.#lostTo !== undefined && !this.#final) throw aborted(this.#lostTo);
    const context = this.#final ? undefined : currentContext();
    const deadline = context === undefined ? limits.deadline : Math.min(limits.deadline, context.deadline);
    this.#expiresAt = Math.min(now + statementTimeout, deadline);
    if (now >= this.#expiresAt) throw errors.STATEMENT_TIMEOUT({ milliseconds: 0 });
    if (limits.signal?.aborted === true) throw errors.CANCELLED({}, { cause: limits.signal.reason });
    this.#context = context;
    this.#signal = limits.signal;
    watch.add(this);
  }

  /** perf: only a statement that has run for an interval gets listeners. Reading `context.signal` makes a controller. */
  sweep(now: number): void {
    if (now >= this.#expiresAt) {
      const milliseconds = Math.round(this.#expiresAt - this.#startedAt);
      return this.#stop((cause) => errors.STATEMENT_TIMEOUT({ milliseconds }, { cause }));
    }
    if (this.#listening || now - this.#startedAt < SWEEP_INTERVAL) return;
    this.#listening = true;
    for (const signal of [this.#context?.signal, this.#signal]) {
      if (signal?.aborted === true) this.#leave();
      else signal?.addEventListener("abort", this.#leave, { once: true });
    }
  }

  readonly #leave = (): void => this.#stop((cause) => errors.CANCELLED({}, { cause }));

  #stop(reason: (cause?: unknown) => PlinthError): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = reason;
    this.#settings.watch.delete(this);
    if (this.#final) return this.destroy();
    const timer = this.#settings.clock.schedule(CANCEL_GRACE, () => this.destroy());
    this.#cancelTimer = timer;
    this.#cancelling = this.#connection.cancel().catch((error: unknown) => {
      this.#settings.log?.warn({ error }, "A statement could not be cancelled; its connection is closed instead.");
      this.destroy();
    });
  }

  /** The statement had ended before the cancel arrived. How it ended counts; the cancel must not meet another one. */
  async #absorbCancel(): Promise<void> {
    await this.#cancelling;
    this.#cancelling = undefined;
    if (this.dead) return;
    await this.#connection.execute(PROBE, [], { prepare: false }).catch(() => undefined);
  }

  async #fail(error: unknown): Promise<PlinthError> {
    const { driver } = this.#settings;
    const failure = isPlinthError(error) ? undefined : driver.classify(error);
    if (this.#cancelling !== undefined) {
      if (failure?.kind === "cancelled") await this.#cancelling;
      else await this.#absorbCancel();
    }
    if (failure === undefined) return error as PlinthError;
    const stopped = ["cancelled", "lost", "unavailable", "other"].includes(failure.kind) ? this.#stopReason : undefined;
    const reason = stopped === undefined ? translateError(driver, error) : stopped(error);
    // Outside of a transaction a deadlock is the end of its statement alone.
    if ((failure.endsTransaction === true && this.#began) || this.dead) this.#lostTo = reason;
    return reason;
  }

  #end(sql: string, rows: number, failure: PlinthError | undefined): void {
    this.#settings.watch.delete(this);
    if (this.#listening) {
      this.#context?.signal.removeEventListener("abort", this.#leave);
      this.#signal?.removeEventListener("abort", this.#leave);
      this.#listening = false;
    }
    if (this.#stopReason !== undefined) {
      this.#cancelTimer?.cancel();
      this.#stopReason = this.#cancelling = this.#cancelTimer = undefined;
    }
    this.lastUsed = this.#settings.clock.monotonic();
    const milliseconds = this.lastUsed - this.#startedAt;
    if (queryFinished.hasSubscribers) this.#announce({ sql, rows, milliseconds }, failure);
    if (milliseconds >= this.#settings.slowQuery) this.#logSlow({ sql, rows, milliseconds });
    this.#context = this.#signal = undefined;
    const next = this.#queue.shift();
    if (next === undefined) this.#busy = false;
    else next(); // still busy: nobody may slip in between
  }

  #announce(what: { sql: string; rows: number; milliseconds: number }, failure: PlinthError | undefined): void {
    const { database, driver } = this.#settings;
    const requestId = (this.#context ?? currentContext())?.id;
    queryFinished.publish({ database, dialect: driver.dialect, ...what, errorCode: failure?.code, requestId });
  }

  #logSlow(what: { sql: string; rows: number; milliseconds: number }): void {
    const { sql, rows, milliseconds } = what;
    this.#settings.log?.warn({ sql, rows, durationMs: Math.round(milliseconds) }, "A statement was slow.");
  }
}

function aborted(cause: PlinthError): PlinthError {
  if (cause.code === errors.TRANSACTION_ABORTED.code) return cause;
  return errors.TRANSACTION_ABORTED({ reason: cause.message }, { cause });
}
