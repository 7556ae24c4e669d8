import { constants, accessSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";

/** Servers that some tests need. */
export type ServiceName = "postgres" | "mysql" | "redis" | "s3";

/** A server to test against, or why there is none. Hand `skip` to the test: `test("…", { skip: redis.skip }, …)`. */
export type ServiceOutcome = { readonly url: string; readonly skip: false } | { readonly url: undefined; readonly skip: string };

/** A program to test with, or why there is none. */
export type BinaryOutcome = { readonly path: string; readonly skip: false } | { readonly path: undefined; readonly skip: string };

interface ServiceSource {
  readonly variable: string;
  /** Where the server listens on a machine that has it; S3 has no such place. */
  readonly local: string | undefined;
}

const SOURCES: Readonly<Record<ServiceName, ServiceSource>> = {
  postgres: { variable: "TEST_POSTGRES_URL", local: "postgres://postgres@127.0.0.1:5432/postgres" },
  mysql: { variable: "TEST_MYSQL_URL", local: "mysql://root@127.0.0.1:3306/mysql" },
  redis: { variable: "TEST_REDIS_URL", local: "redis://127.0.0.1:6379" },
  s3: { variable: "TEST_S3_URL", local: undefined },
};

const PROBE_TIMEOUT = 500;

/**
 * Finds a server: the environment's (believed unseen, so that a wrong address fails instead of skipping), else the one on its standard
 * local port.
 */
export async function requireService(name: ServiceName, env: NodeJS.ProcessEnv = process.env): Promise<ServiceOutcome> {
  const { variable, local } = SOURCES[name];
  const given = env[variable];
  if (given !== undefined && given !== "") return { url: given, skip: false };
  if (local === undefined) return { url: undefined, skip: `${variable} is not set` };
  const { hostname, port } = new URL(local);
  if (await answers(hostname, Number(port))) return { url: local, skip: false };
  return { url: undefined, skip: `${variable} is not set and nothing answers on ${hostname}:${port}` };
}

/** Finds a program on the PATH. */
export function requireBinary(name: string, env: NodeJS.ProcessEnv = process.env): BinaryOutcome {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return { path, skip: false };
    } catch {
      // not in this folder
    }
  }
  return { path: undefined, skip: `there is no ${name} on the PATH` };
}

/** Whether something accepts a connection there. */
export function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(PROBE_TIMEOUT, () => finish(false));
    socket.once("connect", () => finish(true));
    socket.once("error", () => finish(false));
  });
}
