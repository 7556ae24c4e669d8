import type { RedisClientType } from "@redis/client";
import { errors } from "../errors.ts";
import type { ServiceName } from "./contract.ts";

/** One connection to a database server, for the housekeeping of tests. */
export interface SqlSession extends AsyncDisposable {
  query(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** How long a server may take to accept a connection and log it in, in milliseconds. */
const LOG_IN_MS = 3_000;

async function load<Module>(name: string, importing: Promise<Module>): Promise<Module> {
  return await importing.catch((cause: unknown) => {
    throw errors.PACKAGE_MISSING({ package: name }, { cause });
  });
}

// A connection that breaks while it idles is an event that would end the process; the next query fails with it anyway.
const ignore = (): void => {};

async function openPostgres(url: string): Promise<SqlSession> {
  const { Client } = (await load("pg", import("pg"))).default;
  const client = new Client({ connectionString: url, connectionTimeoutMillis: LOG_IN_MS });
  client.on("error", ignore);
  await client.connect();
  return {
    query: async (sql) => (await client.query<Record<string, unknown>>(sql)).rows,
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function openMysql(url: string): Promise<SqlSession> {
  const { createConnection } = await load("mysql2", import("mysql2/promise"));
  const connection = await createConnection({ uri: url, connectTimeout: LOG_IN_MS });
  connection.on("error", ignore);
  return {
    query: async (sql) => {
      const [rows] = await connection.query(sql);
      return Array.isArray(rows) ? (rows as Record<string, unknown>[]) : [];
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

/** Logs in to a database server. @throws what the driver throws, E_TESTING_PACKAGE_MISSING */
export function openSql(engine: "postgres" | "mysql", url: string): Promise<SqlSession> {
  return engine === "postgres" ? openPostgres(url) : openMysql(url);
}

/** Logs in to a Redis server. @throws what the client throws, E_TESTING_PACKAGE_MISSING */
export async function openRedis(url: string): Promise<RedisClientType> {
  const { createClient } = await load("@redis/client", import("@redis/client"));
  const client: RedisClientType = createClient({ url, socket: { connectTimeout: LOG_IN_MS, reconnectStrategy: false } });
  client.on("error", ignore);
  try {
    // The client's own time-out ends with the connection, before the log-in.
    await inTime(client.connect());
    return client;
  } catch (error) {
    if (client.isOpen) client.destroy();
    throw error;
  }
}

async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${LOG_IN_MS} ms`)), LOG_IN_MS);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function logIn(service: ServiceName, url: string): Promise<void> {
  if (service === "redis") {
    const client = await openRedis(url);
    await client.ping().finally(() => client.destroy());
    return;
  }
  await using session = await openSql(service, url);
  await session.query("SELECT 1");
}

/**
 * Logs in and asks for a sign of life, within a few seconds.
 *
 * @throws when the server is not there, is something else, refuses the log-in or does not answer
 */
export async function probe(service: ServiceName, url: string): Promise<void> {
  await inTime(logIn(service, url));
}
