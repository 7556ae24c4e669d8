import { toError } from "../../core/mod.ts";
import { processEnvironment } from "../../config/mod.ts";
import { errors } from "../errors.ts";
import type { FoundService, ServiceName } from "./contract.ts";
import { probe } from "./sessions.ts";

interface Source {
  readonly title: string;
  /** The environment variable that names a server. */
  readonly variable: string;
  /** Where a server with the usual settings listens. */
  readonly local: string;
}

const SOURCES: Readonly<Record<ServiceName, Source>> = {
  postgres: {
    title: "PostgreSQL",
    variable: "TEST_POSTGRES_URL",
    local: "postgres://postgres@127.0.0.1:5432/postgres",
  },
  mysql: { title: "MySQL or MariaDB", variable: "TEST_MYSQL_URL", local: "mysql://root@127.0.0.1:3306" },
  redis: { title: "Redis", variable: "TEST_REDIS_URL", local: "redis://127.0.0.1:6379" },
};

const found = new Map<ServiceName, Promise<FoundService>>();

/**
 * A server for tests: the one that `TEST_POSTGRES_URL`, `TEST_MYSQL_URL` or `TEST_REDIS_URL` names, else one on its standard local port.
 * The first answer holds for the process.
 *
 * @throws E_TESTING_SERVICE_UNREACHABLE when the variable is set and its server cannot be used
 * @example
 * test("counts over two connections", async (t) => {
 *   const { url, missing } = await findService("redis");
 *   if (missing !== undefined) return t.skip(missing);
 *   // …
 * });
 */
export function findService(name: ServiceName): Promise<FoundService> {
  const known = found.get(name) ?? search(name);
  found.set(name, known);
  return known;
}

async function search(name: ServiceName): Promise<FoundService> {
  const { title, variable, local } = SOURCES[name];
  const named = processEnvironment()[variable];
  const url = named === undefined || named === "" ? local : named;
  try {
    await probe(name, url);
    return { url };
  } catch (error) {
    const cause = toError(error);
    if (url === named) throw errors.SERVICE_UNREACHABLE({ service: title, variable, reason: cause.message }, { cause });
    return { missing: `no ${title} at ${url} (${cause.message}). Start one there, or set ${variable}` };
  }
}
