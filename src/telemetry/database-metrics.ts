import { openTypedChannel } from "../core/mod.ts";
import type { Registry } from "./registry.ts";
import type { Histogram } from "./instrument.ts";
import type { HistogramSeries } from "./series.ts";

/** What the db room announces of a statement; the part that is counted. */
export interface FinishedStatement {
  readonly database: string;
  readonly dialect: string;
  readonly sql: string;
  readonly milliseconds: number;
  readonly errorCode: string | undefined;
}

/** What the redis room announces of a command; the part that is counted. */
export interface FinishedCommand {
  /** The command's first word, or `script <name>`. */
  readonly name: string;
  readonly ms: number;
  readonly error: Error | undefined;
}

/** What the redis room announces of its connection. */
export interface ChangedConnection {
  readonly server: string;
  readonly state: string;
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
 * Counts what the rooms db and redis announce, whichever databases there are, in the metrics of OpenTelemetry's semantic conventions. Returns the end of it.
 *
 * @throws E_TELEMETRY_SEGMENT_FULL
 * @see https://opentelemetry.io/docs/specs/semconv/database/database-metrics/
 * @example
 * const stop = observeDatabases(createRegistry());
 */
export function observeDatabases(registry: Registry): () => void {
  const duration = registry.histogram({
    name: "db_client_operation_duration_seconds",
    help: "Time from handing a statement or command to the driver until its end.",
    unit: "seconds",
    labels: ["db_system_name", "db_namespace", "db_operation_name", "error_type"],
    bounds: DATABASE_DURATION_BOUNDS,
  });
  const ends = [
    openTypedChannel<FinishedStatement>("plinth:db:query-finished").subscribe(countStatements(duration, registry.maxSeries)),
    openTypedChannel<FinishedCommand>("plinth:redis:command-finished").subscribe(countCommands(duration)),
    openTypedChannel<ChangedConnection>("plinth:redis:state-changed").subscribe(countConnections(registry)),
    openTypedChannel<ChangedPool>("plinth:db:pool-changed").subscribe(countPools(registry)),
  ];
  return () => {
    for (const end of ends) end();
  };
}

type Durations = Histogram<readonly ["db_system_name", "db_namespace", "db_operation_name", "error_type"]>;

function countStatements(duration: Durations, maxSeries: number): (statement: FinishedStatement) => void {
  // perf: a statement that ended well is recorded without looking its labels up. Texts come from code, so they are few.
  const known = new Map<string, HistogramSeries>();
  return ({ database, dialect, sql, milliseconds, errorCode = "" }) => {
    const key = errorCode === "" ? `${database} ${sql}` : "";
    let series = known.get(key);
    if (series === undefined) {
      series = duration.with(SYSTEMS[dialect] ?? dialect, database, operationOf(sql), errorCode);
      if (key !== "" && known.size < maxSeries) known.set(key, series);
    }
    series.record(milliseconds / 1_000);
  };
}

/** Names come from code: commands of Redis, and scripts. */
function countCommands(duration: Durations): (command: FinishedCommand) => void {
  return ({ name, ms, error }) => {
    const { code = "_OTHER" } = (error ?? {}) as { readonly code?: string };
    duration.record(ms / 1_000, "redis", "", name, error === undefined ? "" : code);
  };
}

function countConnections(registry: Registry): (connection: ChangedConnection) => void {
  const ready = registry.gauge({
    name: "redis_client_connected_threads",
    help: "Threads whose connection for commands is there.",
    labels: ["server_address"],
  });
  return ({ server, state }) => ready.set(state === "ready" ? 1 : 0, server);
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
