import { isIP } from "node:net";
import type mysql from "mysql2";
import type { DatabaseDriver, DriverConnection } from "../contract.ts";
import type { ServerAddress } from "../database-url.ts";
import { loadDriverPackage } from "../driver-package.ts";
import { errors } from "../errors.ts";
import { resolveTls } from "../tls.ts";
import { MysqlConnection } from "./mysql-connection.ts";
import { classifyMysqlError } from "./mysql-failures.ts";

/** Statements kept on the server per connection. */
const MAX_STATEMENTS = 200;
/** Milliseconds for the connection that kills. */
const KILL_TIMEOUT = 1_000;

/**
 * MySQL 8 and MariaDB 10.11 and later, by `mysql2`.
 *
 * @throws E_DB_URL_INVALID
 */
export function createMysqlDriver(server: ServerAddress): DatabaseDriver {
  const tls = resolveTls(server);
  // The package would hold the certificate against the name "localhost" instead of the address.
  if (tls?.checksName === true && isIP(server.host) !== 0) {
    throw errors.URL_INVALID({ reason: "sslmode=verify-full needs the host's name here, not its address" });
  }
  const open = async (timeout: number): Promise<mysql.Connection> => {
    const { createConnection } = await loadDriverPackage("mysql2", () => import("mysql2"));
    const connection = createConnection({
      ...(server.socket === undefined ? { host: server.host, port: server.port } : { socketPath: server.socket }),
      user: server.user,
      ...(server.password !== undefined && { password: server.password }),
      database: server.database,
      ...(tls !== undefined && {
        ssl: { rejectUnauthorized: tls.rejectUnauthorized, ca: tls.ca, verifyIdentity: tls.checksName },
      }),
      connectTimeout: timeout,
      enableKeepAlive: true,
      maxPreparedStatements: MAX_STATEMENTS,
      multipleStatements: false,
      namedPlaceholders: false,
      // Whole numbers beyond 2^53 come as strings; decimals do anyway.
      supportBigNumbers: true,
      timezone: "Z",
      dateStrings: ["DATE"],
      // Files of the client are nobody's business; affected rows are rows matched.
      flags: ["-LOCAL_FILES", "FOUND_ROWS"],
    });
    await new Promise<void>((resolve, reject) => connection.connect((error) => (error === null ? resolve() : reject(error))));
    return connection;
  };
  const kill = async (threadId: number): Promise<void> => {
    const connection = await open(KILL_TIMEOUT);
    try {
      await query(connection, `kill query ${threadId}`);
    } finally {
      connection.destroy();
    }
  };
  return {
    dialect: "mysql",
    target: `mysql://${server.host}:${server.port}/${server.database}`,
    singleWriter: false,
    separateReaders: false,
    isRead: () => false,
    async connect(_use, timeout): Promise<DriverConnection> {
      const connection = await open(timeout);
      const ours = new MysqlConnection(connection, kill);
      // `timestamp` columns are converted by the session's zone, which is the server's machine's unless it is set.
      await query(connection, "set time_zone = '+00:00'");
      return ours;
    },
    classify: classifyMysqlError,
  };
}

function query(connection: mysql.Connection, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.query(sql, (error) => (error === null ? resolve() : reject(error)));
  });
}
