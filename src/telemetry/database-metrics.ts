import { openTypedChannel } from "../core/mod.ts";
import type { Registry } from "./registry.ts";
import type { HistogramSeries } from "./series.ts";

/** What the db room announces of a statement; the part that is counted. */
export interface FinishedStatement {
  readonly database: string;
  readonly dialect: string;
  readonly sql: string;
  readonly milliseconds: number;
  readonly errorCode: string | undefined;
}

/** What the db room announces of a pool. */
export interface ChangedPool {
  readonly database: string;
  readonly pool: string;
  readonly open: number;
  readonly waiting: number;
  readonly size: number;
}

/** What the semantic conventions advise for `db.client.operation.duration`, in seconds. */
export const DATABASE_DURATION_BOUNDS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** `db.system.name` of the conventions. MariaDB speaks MySQL's protocol and is not told apart. */
const SYSTEMS: Readonly<Record<string, string>> = { postgres: "postgresql", mysql: "mysql", sqlite: "sqlite" };
/** Anything else is `OTHER`: the first word of a statement must not become a label value as it is. */
const OPERATIONS = new Set([
  "SELECT",
  "INSERT",
  "UPDATE",
  "DELETE",
  "WITH",
  "BEGIN",
  "COMMIT",
  "ROLLBACK",
  "SAVEPOINT",
  "RELEASE",
]);

/**
 * Counts what the db room announces, whichever databases there are, in the metrics of OpenTelemetry's semantic conventions. Returns the end of it.
 *
 * @throws E_TELEMETRY_SEGMENT_FULL
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
 * @example
 * const stop = observeDatabases(createRegistry());
 */
export function observeDatabases(registry: Registry): () => void {
  const ends = [
    openTypedChannel<FinishedStatement>("plinth:db:query-finished").subscribe(countStatements(registry)),
    openTypedChannel<ChangedPool>("plinth:db:pool-changed").subscribe(countPools(registry)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function countStatements(registry: Registry): (statement: FinishedStatement) => void {
  const duration = registry.histogram({
    name: "db_client_operation_duration_seconds",
    help: "Time from handing a statement to the driver until its end.",
    unit: "seconds",
    labels: ["db_system_name", "db_namespace", "db_operation_name", "error_type"],
    bounds: DATABASE_DURATION_BOUNDS,
  });
  // perf: a statement that ended well is recorded without looking its labels up. Texts come from code, so they are few.
  const known = new Map<string, HistogramSeries>();
  return ({ database, dialect, sql, milliseconds, errorCode = "" }) => {
    const key = errorCode === "" ? `${database} ${sql}` : "";
    let series = known.get(key);
    if (series === undefined) {
      series = duration.with(SYSTEMS[dialect] ?? dialect, database, operationOf(sql), errorCode);
      if (key !== "" && known.size < registry.maxSeries) known.set(key, series);
    }
    series.record(milliseconds / 1_000);
  };
}

function operationOf(sql: string): string {
  const word = /^\s*([a-z]+)/i.exec(sql)?.[1]?.toUpperCase() ?? "";
  return OPERATIONS.has(word) ? word : "OTHER";
}

function countPools(registry: Registry): (pool: ChangedPool) => void {
  const gauge = (name: string, help: string) =>
    registry.gauge({ name, help, labels: ["db_namespace", "db_client_connection_pool_name"] });
  const open = gauge("db_client_connections", "Connections that are open or being opened.");
  const waiting = gauge("db_client_connection_pending_requests", "Callers that wait for a connection.");
  const max = gauge("db_client_connection_max", "Connections that may be open at most.");
  return ({ database, pool, ...state }) => {
    open.set(state.open, database, pool);
    waiting.set(state.waiting, database, pool);
    max.set(state.size, database, pool);
  };
}
