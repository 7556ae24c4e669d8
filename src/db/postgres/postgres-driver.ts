import type { DatabaseDriver, DriverConnection } from "../contract.ts";
import type { ServerAddress } from "../database-url.ts";
import { loadDriverPackage } from "../driver-package.ts";
import { resolveTls } from "../tls.ts";
import { PostgresConnection } from "./postgres-connection.ts";
import { classifyPostgresError } from "./postgres-failures.ts";
import { createTypes } from "./postgres-values.ts";
import { StatementNames } from "./statement-names.ts";

/** PostgreSQL 15 and later, by `pg`. */
export function createPostgresDriver(server: ServerAddress): DatabaseDriver {
  const names = new StatementNames();
  const tls = resolveTls(server);
  return {
    dialect: "postgres",
    target: `postgres://${server.host}:${server.port}/${server.database}`,
    singleWriter: false,
    separateReaders: false,
    isRead: () => false,
    async connect(_use, timeout): Promise<DriverConnection> {
      const { default: pg } = await loadDriverPackage("pg", () => import("pg"));
      const types = createTypes(pg.types);
      const client = new pg.Client({
        host: server.socket ?? server.host,
        port: server.port,
        user: server.user,
        password: server.password,
        database: server.database,
        application_name: server.applicationName,
        ssl: tls === undefined ? false : tlsOptions(tls),
        connectionTimeoutMillis: timeout,
        keepAlive: true,
        types,
      });
      const connection = new PostgresConnection(client, { server, names, types });
      await client.connect();
      return connection;
    },
    classify: classifyPostgresError,
  };
}

function tlsOptions({ rejectUnauthorized, ca, checksName }: NonNullable<ReturnType<typeof resolveTls>>): object {
  return { rejectUnauthorized, ca, ...(!checksName && { checkServerIdentity: () => undefined }) };
}
