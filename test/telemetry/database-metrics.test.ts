import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type PoolChanged, type QueryFinished, createDatabase, poolChanged, queryFinished, sql } from "#src/db/mod";
import { type CommandFinished, type StateChanged, commandFinished, stateChanged } from "#src/redis/mod";
import {
  type ChangedConnection,
  type ChangedPool,
  type FinishedCommand,
  type FinishedStatement,
  createRegistry,
  observeDatabases,
  renderMetrics,
} from "#src/telemetry/mod";

// The rooms do not know each other: the types say here that one takes what the other announces.
const announced = {} as { statement?: QueryFinished; pool?: PoolChanged; command?: CommandFinished; connection?: StateChanged };
const counted: { statement?: FinishedStatement; pool?: ChangedPool; command?: FinishedCommand; connection?: ChangedConnection } =
  announced;

const statement = (parts: Partial<QueryFinished>): QueryFinished => ({
  database: "main",
  dialect: "postgres",
  sql: "select 1",
  milliseconds: 20,
  rows: 1,
  errorCode: undefined,
  requestId: undefined,
  ...parts,
});

function observed(run: () => void): string {
  const registry = createRegistry();
  const stop = observeDatabases(registry);
  try {
    run();
    return renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
  } finally {
    stop();
  }
}

describe("the metrics of databases", () => {
  test("count statements by what they do and how they end", () => {
    const text = observed(() => {
      for (let round = 0; round < 3; round += 1) queryFinished.publish(statement({}));
      queryFinished.publish(statement({ sql: "insert into t values (?)", dialect: "mysql", errorCode: "E_DB_UNIQUE_VIOLATION" }));
      queryFinished.publish(statement({ sql: "vacuum", dialect: "sqlite" }));
    });
    const count = (labels: string): RegExp =>
      new RegExp(`^db_client_operation_duration_seconds_count\\{${labels}\\} (\\d+)$`, "m");
    assert.match(text, count('db_system_name="postgresql",db_namespace="main",db_operation_name="SELECT"'));
    assert.equal(count('db_system_name="postgresql",db_namespace="main",db_operation_name="SELECT"').exec(text)?.[1], "3");
    assert.match(
      text,
      count('db_system_name="mysql",db_namespace="main",db_operation_name="INSERT",error_type="E_DB_UNIQUE_VIOLATION"'),
    );
    assert.match(text, count('db_system_name="sqlite",db_namespace="main",db_operation_name="OTHER"'));
    assert.doesNotMatch(text, /vacuum|into t/);
  });

  test("take what the rooms db and redis announce", () => assert.equal(counted, announced));

  test("count the commands of Redis, and show which threads are connected", () => {
    const text = observed(() => {
      for (let round = 0; round < 2; round += 1) commandFinished.publish({ name: "GET", ms: 1, error: undefined });
      commandFinished.publish({
        name: "script take",
        ms: 250,
        error: Object.assign(new Error("late"), { code: "E_REDIS_TIMEOUT" }),
      });
      stateChanged.publish({ server: "127.0.0.1:6379/0", state: "ready", error: undefined });
    });
    const counts = [...text.matchAll(/^db_client_operation_duration_seconds_count\{db_system_name="redis",(.*)\} (\d+)$/gm)];
    assert.deepEqual(
      counts.map(([, labels, count]) => `${labels} ${count}`),
      ['db_operation_name="GET" 2', 'db_operation_name="script take",error_type="E_REDIS_TIMEOUT" 1'],
    );
    assert.match(text, /^redis_client_connected_threads\{server_address="127\.0\.0\.1:6379\/0"\} 1$/m);
  });

  test("have few series, whatever the statements say", () => {
    const text = observed(() => {
      for (let index = 0; index < 5_000; index += 1) queryFinished.publish(statement({ sql: `word${index} ${index}` }));
    });
    assert.equal(text.match(/^db_client_operation_duration_seconds_count\{/gm)?.length, 1);
  });

  test("show how full pools are", () => {
    const text = observed(() =>
      poolChanged.publish({ database: "main", pool: "primary", open: 3, idle: 1, waiting: 2, size: 20 }),
    );
    const labels = '\\{db_namespace="main",db_client_connection_pool_name="primary"\\}';
    for (const line of [`connections${labels} 3`, `connection_pending_requests${labels} 2`, `connection_max${labels} 20`]) {
      assert.match(text, new RegExp(`^db_client_${line}$`, "m"));
    }
  });

  test("come from a database that runs", async () => {
    const registry = createRegistry();
    const stop = observeDatabases(registry);
    const db = createDatabase<object>({ url: "sqlite::memory:", name: "real" });
    await sql`select 1`.execute(db.query);
    stop();
    await sql`select 1`.execute(db.query);
    await db.stop?.(AbortSignal.timeout(1_000));
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
    assert.match(
      text,
      /^db_client_operation_duration_seconds_count\{db_system_name="sqlite",db_namespace="real".*"SELECT".*\} 1$/m,
    );
    assert.match(text, /^db_client_connections\{db_namespace="real",db_client_connection_pool_name="primary"\} 1$/m);
  });
});
