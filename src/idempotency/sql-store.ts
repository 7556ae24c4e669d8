import { type Clock, type Duration, type Service, type Timer, parseDuration, systemClock } from "../core/mod.ts";
import type { AnyExchange } from "../http/contract.ts";
import type { Database, DatabaseDialect } from "../db/mod.ts";
import type { Claim, ClaimOutcome, ClaimRequest, IdempotencyRecord, IdempotencyStore } from "./contract.ts";
import { type FoundKey, judgeClaim } from "./judge-claim.ts";
import { DEFAULT_TABLE, type IdempotencyTable } from "./table.ts";

export interface IdempotencyStoreOptions<Schema> {
  /** The database of the handlers: their data and the records are committed together. */
  readonly db: Database<Schema>;
  /** Made by `idempotencyTable(name)` in a migration. Default `"idempotency_keys"`. */
  readonly table?: string;
  /** How often each thread looks for expired keys, once it is started as a service. Default `"5m"`. */
  readonly sweepEvery?: Duration;
  readonly clock?: Clock;
  /** Told of sweeps that fail. */
  readonly log?: AnyExchange["log"];
}

/** A store that is also a service: started, it removes expired keys from time to time. */
export interface SqlIdempotencyStore extends IdempotencyStore, Service {}

/**
 * Keeps idempotency keys in the handlers' own database: SQLite, PostgreSQL, MySQL or MariaDB. One row a key; a claim is one insert by itself, a
 * record one update in the handler's transaction, which changes nothing where the claim was lost and so undoes what its handler did.
 *
 * @throws E_CORE_DURATION_INVALID
 * @example
 * const store = createIdempotencyStore({ db });
 * const idempotency = idempotent({ store, ttl: "48h" });
 */
export function createIdempotencyStore<Schema>(options: IdempotencyStoreOptions<Schema>): SqlIdempotencyStore {
  return new SqlStore(options as unknown as IdempotencyStoreOptions<Tables>);
}

type Tables = Readonly<Record<string, IdempotencyTable>>;

/** Between finding a key used and taking it over, somebody else may do so. Nobody loses that race this often. */
const ROUNDS = 5;
/** Rows that one statement removes: it must not hold locks, or the one writer of SQLite, for long. */
const SWEEP_BATCH = 500;

class SqlStore implements SqlIdempotencyStore {
  readonly name = "idempotency";
  readonly dependsOn: readonly string[];
  readonly #db: Database<Tables>;
  readonly #table: string;
  readonly #dialect: DatabaseDialect;
  readonly #clock: Clock;
  readonly #log: AnyExchange["log"] | undefined;
  readonly #sweepEvery: number;
  #timer: Timer | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #running = false;

  constructor(options: IdempotencyStoreOptions<Tables>) {
    const { db, table = DEFAULT_TABLE, sweepEvery = "5m", clock = systemClock, log } = options;
    this.#db = db;
    this.#dialect = db.dialect;
    this.dependsOn = [db.name];
    this.#table = table;
    this.#clock = clock;
    this.#log = log;
    this.#sweepEvery = parseDuration(sweepEvery);
  }

  start(): void {
    this.#running = true;
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#sweeping;
  }

  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    // SQLite has one writer, which a long transaction may hold; reading waits for nobody, and says at once what is in flight.
    let insertFirst = this.#dialect !== "sqlite";
    for (let round = 0; round < ROUNDS; round += 1) {
      if (insertFirst && (await this.#insert(request))) return { state: "claimed" };
      insertFirst = true;
      const found = await this.#find(request.id);
      if (found === undefined) continue;
      const outcome = judgeClaim(found, request);
      if (outcome !== "take over") return outcome;
      if (await this.#takeOver(found, request)) return { state: "claimed" };
    }
    return { state: "in flight", fingerprint: request.fingerprint };
  }

  async renew(claim: Claim, leaseUntil: number): Promise<boolean> {
    const { numUpdatedRows } = await this.#own(claim).set({ lease_until: leaseUntil }).executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async finish(claim: Claim, { payload, answer }: IdempotencyRecord): Promise<boolean> {
    const { status, head, body } = answer;
    const { numUpdatedRows } = await this.#own(claim).set({ status, head, body, payload }).executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  async release({ id, owner }: Claim): Promise<void> {
    await this.#db.query
      .deleteFrom(this.#table)
      .where("id", "=", id)
      .where("owner", "=", owner)
      .where("status", "is", null)
      .execute();
  }

  transact<Result>(run: () => Promise<Result>, { retry }: { readonly retry: boolean }): Promise<Result> {
    return this.#db.transaction(retry ? {} : { retries: 0 }, run);
  }

  async sweep(now: number, limit: number): Promise<number> {
    const { query } = this.#db;
    const expired = query
      .selectFrom(this.#table)
      .select("id")
      .where("expires_at", "<=", now)
      .where("lease_until", "<=", now)
      .orderBy("expires_at")
      .limit(limit);
    const ids = (await expired.execute()).map(({ id }) => id);
    if (ids.length === 0) return 0;
    // A key that was claimed again meanwhile has another time.
    const { numDeletedRows } = await query
      .deleteFrom(this.#table)
      .where("id", "in", ids)
      .where("expires_at", "<=", now)
      .executeTakeFirst();
    return Number(numDeletedRows);
  }

  async #insert({ id, owner, fingerprint, leaseUntil, expiresAt }: ClaimRequest): Promise<boolean> {
    const row = { id, owner, fingerprint, lease_until: leaseUntil, expires_at: expiresAt };
    const insert = this.#db.query.insertInto(this.#table).values(row);
    const careful =
      this.#dialect === "mysql" ? insert.ignore() : insert.onConflict((conflict) => conflict.column("id").doNothing());
    const { numInsertedOrUpdatedRows = 0n } = await careful.executeTakeFirst();
    return numInsertedOrUpdatedRows > 0n;
  }

  async #find(id: string): Promise<(FoundKey & { readonly owner: string }) | undefined> {
    const row = await this.#db.query.selectFrom(this.#table).selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return undefined;
    const { owner, fingerprint, payload, lease_until, expires_at, status, head, body } = row;
    const record = status === null ? null : { payload, answer: { status, head: head as string, body } };
    return { owner, fingerprint, leaseUntil: lease_until, expiresAt: expires_at, record };
  }

  /** Nobody else has taken it over meanwhile, renewed it, or written its record. */
  async #takeOver(found: FoundKey & { readonly owner: string }, request: ClaimRequest): Promise<boolean> {
    const { owner, fingerprint, leaseUntil, expiresAt } = request;
    const { numUpdatedRows } = await this.#db.query
      .updateTable(this.#table)
      .set({
        owner,
        fingerprint,
        lease_until: leaseUntil,
        expires_at: expiresAt,
        status: null,
        head: null,
        body: null,
        payload: null,
      })
      .where("id", "=", request.id)
      .where("owner", "=", found.owner)
      .where("lease_until", "=", found.leaseUntil)
      .where("expires_at", "=", found.expiresAt)
      .where("status", found.record === null ? "is" : "is not", null)
      .executeTakeFirst();
    return numUpdatedRows > 0n;
  }

  /** Updates a key without a record that is still this attempt's. */
  #own({ id, owner }: Claim) {
    return this.#db.query.updateTable(this.#table).where("id", "=", id).where("owner", "=", owner).where("status", "is", null);
  }

  #schedule(): void {
    // Threads and machines that were started together must not sweep together.
    const pause = this.#sweepEvery * (0.5 + Math.random());
    this.#timer = this.#clock.schedule(pause, () => {
      this.#sweeping = this.#sweepAll();
    });
  }

  async #sweepAll(): Promise<void> {
    try {
      while (this.#running && (await this.sweep(Math.floor(this.#clock.now()), SWEEP_BATCH)) === SWEEP_BATCH);
    } catch (error) {
      this.#log?.warn({ error }, "expired idempotency keys were not removed; the next sweep tries again");
    }
    if (this.#running) this.#schedule();
  }
}
