import type { Clock } from "../core/mod.ts";
import { isPlinthError } from "../core/mod.ts";
import type { ConnectionUse, DatabaseDriver } from "./contract.ts";
import type { Pool } from "./pool.ts";
import type { Session } from "./session.ts";
import { PoolRunner, type StatementRunner } from "./statement-runner.ts";
import type { TransactionHost } from "./transaction.ts";

/** Milliseconds for which a replica that failed is left alone. */
const PENALTY = 5_000;

/** Replicas take turns. One that cannot be reached is passed over for a while; when none is left, the primary is read. */
export class ReplicaSet {
  readonly pools: readonly Pool<Session>[];
  readonly #clock: Clock;
  readonly #shunnedUntil = new Map<Pool<Session>, number>();
  #turn = 0;

  constructor(pools: readonly Pool<Session>[], { clock }: { readonly clock: Clock }) {
    this.pools = pools;
    this.#clock = clock;
  }

  /** The replica whose turn it is. */
  choose(): Pool<Session> | undefined {
    const now = this.#clock.monotonic();
    for (let step = 0; step < this.pools.length; step += 1) {
      this.#turn = (this.#turn + 1) % this.pools.length;
      const pool = this.pools[this.#turn] as Pool<Session>;
      if ((this.#shunnedUntil.get(pool) ?? -Infinity) <= now) return pool;
    }
    return undefined;
  }

  shun(pool: Pool<Session>): void {
    this.#shunnedUntil.set(pool, this.#clock.monotonic() + PENALTY);
  }

  /** @param primary the pools to use when no replica can be used */
  createRunner(host: TransactionHost, driver: DatabaseDriver, primary: (use: ConnectionUse) => Pool<Session>): StatementRunner {
    const onPrimary = new PoolRunner(host, driver, primary);
    const runners = new Map(this.pools.map((pool) => [pool, new PoolRunner(host, driver, () => pool)]));
    const attempt = async <Result>(run: (runner: PoolRunner) => Promise<Result>): Promise<Result> => {
      for (let pool = this.choose(); pool !== undefined; pool = this.choose()) {
        try {
          // oxlint-disable-next-line no-await-in-loop -- one after the other
          return await run(runners.get(pool) as PoolRunner);
        } catch (error) {
          if (!isAway(error)) throw error;
          this.shun(pool);
        }
      }
      return run(onPrimary);
    };
    return {
      execute: (query, signal) => attempt((runner) => runner.execute(query, signal)),
      stream: (query, chunkSize, signal) => {
        const pool = this.choose();
        return (pool === undefined ? onPrimary : (runners.get(pool) as PoolRunner)).stream(query, chunkSize, signal);
      },
      lend: (consumer) => attempt((runner) => runner.lend(consumer)),
    };
  }
}

/** Reads may be done again elsewhere, also when the connection broke in the middle. */
function isAway(error: unknown): boolean {
  return ["E_DB_UNAVAILABLE", "E_DB_CONNECTION_LOST", "E_DB_POOL_EXHAUSTED"].some((code) => isPlinthError(error, code));
}
