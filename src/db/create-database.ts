import type { Kysely } from "kysely";
import type { Secret } from "../core/mod.ts";
import { poolChanged } from "./channels.ts";
import type {
  ConnectionUse,
  Database,
  DatabaseDialect,
  DatabaseDriver,
  PoolState,
  Transaction,
  TransactionOptions,
} from "./contract.ts";
import { type DatabaseOptions, type DatabaseSettings, resolveSettings } from "./database-settings.ts";
import { errors } from "./errors.ts";
import { translateError } from "./failures.ts";
import { KyselyFactory } from "./kysely-dialect.ts";
import { openDriver } from "./open-driver.ts";
import { Pool } from "./pool.ts";
import { ReplicaSet } from "./replica-set.ts";
import { NO_LIMITS, Session, type SessionSettings } from "./session.ts";
import { PoolRunner, TransactionRunner } from "./statement-runner.ts";
import { StatementWatch } from "./statement-watch.ts";
import { type TransactionHost, runTransaction } from "./transaction.ts";

export type { DatabaseOptions } from "./database-settings.ts";

/**
 * Opens a database: PostgreSQL, MySQL or MariaDB, or SQLite, by its URL alone. Connections are made when they are needed; `start()` makes the
 * first, so that an app with a wrong URL does not come up.
 *
 * @typeParam Schema tables by name, as Kysely wants them
 * @throws E_DB_URL_INVALID, E_DB_OPTION_INVALID, E_CORE_DURATION_INVALID
 * @example
 * interface Schema { notes: { id: Generated<number>; text: string } }
 * const db = createDatabase<Schema>({ url: "sqlite::memory:" });
 * const notes = await db.query.selectFrom("notes").selectAll().execute();
 */
export function createDatabase<Schema>(options: DatabaseOptions): Database<Schema> {
  const settings = resolveSettings(options);
  const driver = options.driver ?? openDriver(requireUrl(options.url), settings);
  const replicas = (options.replicaUrls ?? []).map((url) => openDriver(url, settings));
  const other = replicas.find((replica) => replica.dialect !== driver.dialect);
  if (other !== undefined) {
    throw errors.OPTION_INVALID({
      option: "replicaUrls",
      reason: `a replica is ${other.dialect}, the primary ${driver.dialect}`,
    });
  }
  return new PooledDatabase<Schema>(settings, driver, replicas);
}

function requireUrl(url: string | Secret | undefined): string | Secret {
  if (url === undefined) throw errors.OPTION_INVALID({ option: "url", reason: "it is missing" });
  return url;
}

class PooledDatabase<Schema> implements Database<Schema>, TransactionHost {
  readonly name: string;
  readonly dialect: DatabaseDialect;
  readonly query: Kysely<Schema>;
  readonly read: Kysely<Schema>;
  readonly clock: TransactionHost["clock"];
  readonly log: TransactionHost["log"];
  readonly idleTimeout: number;
  readonly #settings: DatabaseSettings;
  readonly #watch: StatementWatch;
  readonly #kysely: KyselyFactory;
  readonly #writers: Pool<Session>;
  /** The same as the writers', where the engine makes no difference. */
  readonly #readers: Pool<Session>;
  readonly #replicas: ReplicaSet;
  readonly #homes = new WeakMap<Session, Pool<Session>>();

  constructor(settings: DatabaseSettings, driver: DatabaseDriver, replicas: readonly DatabaseDriver[]) {
    this.name = settings.name;
    this.dialect = driver.dialect;
    this.clock = settings.clock;
    this.log = settings.log;
    this.idleTimeout = settings.transactionIdleTimeout;
    this.#settings = settings;
    this.#watch = new StatementWatch(settings.clock);
    this.#kysely = new KyselyFactory(driver.dialect);
    this.#writers = this.#createPool(driver, "write", { name: "primary", size: driver.singleWriter ? 1 : settings.poolSize });
    this.#readers = driver.separateReaders
      ? this.#createPool(driver, "read", { name: "readers", size: settings.poolSize })
      : this.#writers;
    const pools = replicas.map((replica, index) =>
      this.#createPool(replica, "read", { name: `replica-${index + 1}`, size: settings.poolSize }),
    );
    this.#replicas = new ReplicaSet(pools, settings);
    const choose = (use: ConnectionUse): Pool<Session> => (use === "read" ? this.#readers : this.#writers);
    this.query = this.#kysely.create(new PoolRunner(this, driver, choose));
    this.read = replicas.length === 0 ? this.query : this.#kysely.create(this.#replicas.createRunner(this, driver, choose));
  }

  get pool(): PoolState {
    return this.#writers.state;
  }

  #createPool(driver: DatabaseDriver, use: ConnectionUse, { name, size }: { name: string; size: number }): Pool<Session> {
    const { clock, acquireTimeout, idleTimeout, maxLifetime, connectTimeout } = this.#settings;
    const sessions: SessionSettings = { ...this.#settings, database: this.name, driver, watch: this.#watch };
    const connect = async (): Promise<Session> => {
      try {
        const session = new Session(await driver.connect(use, connectTimeout), sessions);
        this.#homes.set(session, pool);
        return session;
      } catch (error) {
        throw connectError(driver, error);
      }
    };
    const changed = (): void => {
      if (poolChanged.hasSubscribers) poolChanged.publish({ database: this.name, pool: name, ...pool.state });
    };
    const pool: Pool<Session> = new Pool({
      clock,
      size,
      acquireTimeout,
      idleTimeout,
      // What is in memory is gone with its connection.
      maxLifetime: driver.singleWriter ? Infinity : maxLifetime,
      connect,
      changed,
      database: this.name,
    });
    return pool;
  }

  transaction<Result>(run: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
  transaction<Result>(options: TransactionOptions, run: (tx: Transaction<Schema>) => Promise<Result>): Promise<Result>;
  transaction<Result>(
    first: TransactionOptions | ((tx: Transaction<Schema>) => Promise<Result>),
    second?: (tx: Transaction<Schema>) => Promise<Result>,
  ): Promise<Result> {
    const options = typeof first === "function" ? {} : first;
    return runTransaction(
      this,
      options,
      (typeof first === "function" ? first : second) as (tx: Transaction<Schema>) => Promise<Result>,
    );
  }

  /** For the transactions of this database. */
  acquire(readOnly: boolean, deadline: number): Promise<Session> {
    return (readOnly ? this.#readers : this.#writers).acquire(deadline);
  }

  release(session: Session): void {
    this.#homes.get(session)?.release(session);
  }

  bind(transaction: Parameters<TransactionHost["bind"]>[0]): unknown {
    return this.#kysely.create(new TransactionRunner(transaction));
  }

  /** @throws E_DB_UNAVAILABLE and whatever else connecting fails with */
  async start(signal: AbortSignal): Promise<void> {
    // The driver is loaded and the first connection made: that may take longer than anybody waits for one later.
    const { acquireTimeout, connectTimeout } = this.#settings;
    await this.#ping(this.#writers, { signal, timeout: acquireTimeout + connectTimeout });
  }

  /** @throws the reason, when the primary cannot be used. Replicas that are away are done without. */
  async check(signal: AbortSignal): Promise<void> {
    await this.#ping(this.#readers, { signal, timeout: this.#settings.acquireTimeout });
  }

  async #ping(
    pool: Pool<Session>,
    { signal, timeout }: { readonly signal: AbortSignal; readonly timeout: number },
  ): Promise<void> {
    const session = await pool.acquire(Infinity, timeout);
    try {
      await session.execute("select 1", [], { ...NO_LIMITS, signal });
    } finally {
      pool.release(session);
    }
  }

  /** Waits for what is under way, then closes all connections. */
  async stop(signal: AbortSignal): Promise<void> {
    const pools = new Set([this.#writers, this.#readers, ...this.#replicas.pools]);
    await Promise.all([...pools].map((pool) => pool.stop(signal)));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(new AbortController().signal);
  }
}

/** While connecting, every broken socket means that the server is not there. */
function connectError(driver: DatabaseDriver, error: unknown): Error {
  if (driver.classify(error).kind !== "lost") return translateError(driver, error);
  return errors.UNAVAILABLE({ target: driver.target, reason: "" }, { cause: error, headers: { "Retry-After": "1" } });
}
