import { type Clock, type Timer, systemClock, toError } from "../core/mod.ts";
import { type Database, leaveTransaction, sql } from "../db/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { LimitDraw, LimitMeter, LimitPolicy, LimitReading, LimitStore } from "./contract.ts";
import { type Count, NOTHING, type RowCounting, createRowCounting, rowId } from "./sql-counting.ts";
import { DEFAULT_TABLE, type LimitRow } from "./sql-table.ts";
import { StoreMeter } from "./store-meter.ts";

export interface SqlStoreOptions<Schema> {
  readonly db: Database<Schema>;
  /** Made by `limitTable(name)` in a migration. Default `"rate_limits"`. */
  readonly table?: string;
  /** For SQLite, which has no clock of its own, and for sweeping. */
  readonly clock?: Clock;
  /** Milliseconds since 1970. Default: the server's clock, which all machines share; on SQLite the clock above. For tests. */
  readonly time?: () => number;
  /** Told of sweeps that fail. */
  readonly log?: Logger;
}

/** How long rows stay that say nothing, in milliseconds. */
const EMPTY_ROW = 60_000;
const SWEEP_EVERY = 60_000;
/** Rows that one statement removes: it must not hold locks, or the one writer of SQLite, for long. */
const SWEEP_BATCH = 500;

type Tables = Readonly<Record<string, LimitRow>>;
type Query = Database<Tables>["query"];

/**
 * Counts in a database: exactly, over all machines, all policies of a call in one transaction of its own, by the server's clock. For limits
 * that must outlive the process, and where there is no Redis: a call costs four round trips.
 *
 * @throws what the database throws when it is away
 */
export function createSqlStore<Schema>(options: SqlStoreOptions<Schema>): SqlStore {
  return new SqlStore(options as unknown as SqlStoreOptions<Tables>);
}

/** A draw, its counting, and the id of its row. */
interface Place {
  readonly draw: LimitDraw;
  readonly counting: RowCounting;
  readonly id: string;
}

/** What rows say, and when it was. */
interface Snapshot {
  readonly now: number;
  readonly counts: Map<string, Count>;
}

export class SqlStore implements LimitStore {
  readonly #db: Database<Tables>;
  readonly #table: string;
  readonly #clock: Clock;
  readonly #time: (() => number) | undefined;
  readonly #log: Logger | undefined;
  readonly #countings = new WeakMap<LimitPolicy, RowCounting>();
  #timer: Timer | undefined;
  #running = false;

  constructor({ db, table = DEFAULT_TABLE, clock = systemClock, time, log }: SqlStoreOptions<Tables>) {
    this.#db = db;
    this.#table = table;
    this.#clock = clock;
    this.#time = time ?? (db.dialect === "sqlite" ? () => clock.now() : undefined);
    this.#log = log;
  }

  /** Sweeps from now on. */
  start(): void {
    this.#running = true;
    this.#schedule();
  }

  stop(): void {
    this.#running = false;
    this.#timer?.cancel();
  }

  meter(policy: LimitPolicy): LimitMeter {
    return new StoreMeter(this, policy);
  }

  takeAll(draws: readonly LimitDraw[]): Promise<readonly LimitReading[]> {
    const places = this.#placesOf(draws);
    return this.#transact(async (query) => {
      const snapshot = await this.#lock(query, places);
      const { readings, taken } = decide("take", places, snapshot);
      await this.#write(query, taken, snapshot.now);
      return readings;
    });
  }

  async peekAll(draws: readonly LimitDraw[]): Promise<readonly LimitReading[]> {
    const places = this.#placesOf(draws);
    return decide("peek", places, await leaveTransaction(() => this.#read(this.#db.query, places, false))).readings;
  }

  async giveBack(draws: readonly LimitDraw[], readings: readonly LimitReading[]): Promise<void> {
    const places = this.#placesOf(draws);
    const back = places.map((place, index) => ({ place, reading: readings[index] as LimitReading }));
    await this.#transact(async (query) => {
      const { now, counts } = await this.#read(query, places, true);
      const changed = new Map<string, Place>();
      for (const { place, reading } of back) {
        const count = counts.get(place.id);
        if (!reading.allowed || count === undefined) continue;
        counts.set(place.id, place.counting.withdraw(now, count, { cost: place.draw.cost, mark: reading.mark }));
        changed.set(place.id, place);
      }
      await this.#write(query, new Map([...changed].map(([id, place]) => [id, { place, count: counts.get(id) as Count }])), now);
    });
  }

  async reset(policy: LimitPolicy, key: string): Promise<void> {
    const id = rowId(this.#countingOf(policy).name, key);
    await leaveTransaction(() => this.#db.query.deleteFrom(this.#table).where("id", "=", id).execute());
  }

  /** Removes rows that mean nothing any more. @returns how many there were, at most `limit` */
  async sweep(now: number, limit: number = SWEEP_BATCH): Promise<number> {
    const { query } = this.#db;
    const expired = query.selectFrom(this.#table).select("id").where("expires_at", "<=", now).orderBy("expires_at").limit(limit);
    const ids = (await expired.execute()).map(({ id }) => id);
    if (ids.length === 0) return 0;
    // One that was counted again meanwhile expires later.
    const deletion = query.deleteFrom(this.#table).where("id", "in", ids).where("expires_at", "<=", now);
    return Number((await deletion.executeTakeFirst()).numDeletedRows);
  }

  /** Never part of a transaction around it: what was counted stays counted when that is rolled back. */
  #transact<Result>(run: (query: Query) => Promise<Result>): Promise<Result> {
    const options = this.#db.dialect === "sqlite" ? {} : ({ isolation: "read committed" } as const);
    return leaveTransaction(() => this.#db.transaction(options, (tx) => run(tx.query)));
  }

  /** Makes sure of the rows, and that nobody else counts in them before the transaction ends. In the order of their ids, so that none wait in a circle. */
  async #lock(query: Query, places: readonly Place[]): Promise<Snapshot> {
    const expires_at = Math.ceil(this.#clock.now()) + EMPTY_ROW;
    const ids = [...new Set(places.map(({ id }) => id))].sort();
    const insert = query.insertInto(this.#table).values(ids.map((id) => ({ id, state: 0, window_end: 0, expires_at })));
    if (this.#db.dialect === "mysql") {
      await insert.onDuplicateKeyUpdate({ expires_at: sql.ref("expires_at") }).execute();
      return this.#read(query, places, true);
    }
    const kept = sql.ref<number>(`${this.#table}.expires_at`);
    const rows = await insert
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ expires_at: kept }))
      .returning(["id", "state", "window_end", this.#now().as("now")])
      .execute();
    return this.#snapshot(rows);
  }

  async #read(query: Query, places: readonly Place[], locked: boolean): Promise<Snapshot> {
    const ids = [...new Set(places.map(({ id }) => id))].sort();
    const select = query.selectFrom(this.#table).select(["id", "state", "window_end", this.#now().as("now")]);
    const found = select.where("id", "in", ids).orderBy("id");
    const rows = await (locked && this.#db.dialect !== "sqlite" ? found.forUpdate() : found).execute();
    if (rows.length > 0) return this.#snapshot(rows);
    const moment = await sql<{ now: unknown }>`select ${this.#now()} as now`.execute(query);
    return { now: Number(moment.rows[0]?.now) / 1_000, counts: new Map() };
  }

  async #write(query: Query, taken: ReadonlyMap<string, { place: Place; count: Count }>, now: number): Promise<void> {
    const rows = [...taken].map(([id, { place, count }]) => {
      return { id, state: count.state, window_end: count.windowEnd, expires_at: place.counting.expiry(now, count) };
    });
    if (rows.length === 0) return;
    const insert = query.insertInto(this.#table).values(rows);
    const columns = ["state", "window_end", "expires_at"] as const;
    if (this.#db.dialect === "mysql") {
      const fresh = Object.fromEntries(columns.map((column) => [column, sql`values(${sql.ref(column)})`]));
      await insert.onDuplicateKeyUpdate(fresh).execute();
      return;
    }
    const fresh = Object.fromEntries(columns.map((column) => [column, sql.ref(`excluded.${column}`)]));
    await insert.onConflict((conflict) => conflict.column("id").doUpdateSet(fresh)).execute();
  }

  /** Microseconds since 1970, when a row is looked at: after whatever was waited for. */
  #now(): ReturnType<typeof sql<unknown>> {
    if (this.#time !== undefined) return sql`${Math.floor(this.#time() * 1_000)}`;
    if (this.#db.dialect === "postgres") return sql`(extract(epoch from clock_timestamp()) * 1000000)::bigint`;
    return sql`cast(unix_timestamp(sysdate(6)) * 1000000 as signed)`;
  }

  #snapshot(rows: readonly { id: string; state: unknown; window_end: unknown; now: unknown }[]): Snapshot {
    const counts = new Map(rows.map((row) => [row.id, { state: Number(row.state), windowEnd: Number(row.window_end) }]));
    return { now: Math.max(...rows.map((row) => Number(row.now))) / 1_000, counts };
  }

  #placesOf(draws: readonly LimitDraw[]): readonly Place[] {
    return draws.map((draw) => {
      const counting = this.#countingOf(draw.policy);
      return { draw, counting, id: rowId(counting.name, draw.key) };
    });
  }

  #countingOf(policy: LimitPolicy): RowCounting {
    const known = this.#countings.get(policy);
    if (known !== undefined) return known;
    const counting = createRowCounting(policy);
    this.#countings.set(policy, counting);
    return counting;
  }

  #schedule(): void {
    if (this.#running) this.#timer = this.#clock.schedule(SWEEP_EVERY, () => void this.#sweepAll());
  }

  /** Batch after batch, until there is nothing left. */
  async #sweepAll(): Promise<void> {
    try {
      while (this.#running && (await this.sweep(Math.floor(this.#clock.now()))) === SWEEP_BATCH);
    } catch (error) {
      this.#log?.warn({ error: toError(error) }, "limits that mean nothing any more could not be removed");
    }
    this.#schedule();
  }
}

interface Decision {
  readonly readings: readonly LimitReading[];
  /** What is to be written: nothing when the call is refused. */
  readonly taken: ReadonlyMap<string, { place: Place; count: Count }>;
}

function decide(verb: "take" | "peek", places: readonly Place[], { now, counts }: Snapshot): Decision {
  const left = new Map(counts);
  const taken = new Map<string, { place: Place; count: Count }>();
  const outcomes = places.map((place) => {
    const before = left.get(place.id) ?? NOTHING;
    const after = place.counting.advance(now, before, place.draw.cost);
    if (after !== undefined) {
      left.set(place.id, after);
      taken.set(place.id, { place, count: after });
    }
    return { place, before, after };
  });
  const refused = outcomes.some(({ place, after }) => after === undefined && place.draw.shadow !== true);
  const takes = verb === "take" && !refused;
  const readings = outcomes.map(({ place, before, after }) =>
    place.counting.read(now, after === undefined || !takes ? before : after, after === undefined ? place.draw.cost : 0),
  );
  return { readings, taken: takes ? taken : new Map() };
}
