import { type Variables, processEnvironment } from "../../config/mod.ts";
import { toError } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import type { FoundService, ServiceName } from "./contract.ts";
import { startOwnServer } from "./own-server.ts";
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

type Way = (name: ServiceName) => Promise<string>;

/** By the value of `TEST_SERVERS`: the ways to a server that no variable names, in the order in which they are tried. */
const WAYS: ReadonlyMap<string, readonly Way[]> = new Map([
  ["any", [useLocal, startOwn]],
  ["own", [startOwn]],
  ["named", []],
]);

const found = new Map<ServiceName, Promise<FoundService>>();

/**
 * A server for tests: the one that `TEST_POSTGRES_URL`, `TEST_MYSQL_URL` or `TEST_REDIS_URL` names, else one on its standard local port, else
 * one that is started from a program of this machine and ends with this process. The first answer holds for the process.
 *
 * `TEST_SERVERS=own` leaves out the standard port; `TEST_SERVERS=named` leaves only what the variables name. Default `any`.
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
  const known = found.get(name) ?? searchService(name, processEnvironment());
  found.set(name, known);
  return known;
}

/** {@link findService} without its memory. */
export async function searchService(name: ServiceName, environment: Variables): Promise<FoundService> {
  const { title, variable, local } = SOURCES[name];
  const ways = waysOf(environment["TEST_SERVERS"] ?? "any");
  const named = environment[variable] ?? "";
  if (named !== "") {
    await probe(name, named).catch((cause: unknown) => {
      throw errors.SERVICE_UNREACHABLE({ service: title, variable, reason: toError(cause).message }, { cause });
    });
    return { url: named };
  }
  const reasons: string[] = [];
  for (const open of ways) {
    try {
      return { url: await open(name) };
    } catch (error) {
      // The first line says what; what a server printed follows.
      reasons.push(toError(error).message.replace(/\n.*/s, ""));
    }
  }
  const tried = [`${variable} is not set.`, ...reasons].join(" ");
  return { missing: `no ${title} found. ${tried} Set the variable, or start a server at ${local}` };
}

function waysOf(servers: string): readonly Way[] {
  const ways = WAYS.get(servers);
  if (ways !== undefined) return ways;
  throw errors.SERVERS_UNKNOWN({ value: servers });
}

async function useLocal(name: ServiceName): Promise<string> {
  const { local } = SOURCES[name];
  try {
    await probe(name, local);
    return local;
  } catch (cause) {
    throw new Error(`${local} cannot be used (${toError(cause).message}).`, { cause });
  }
}

async function startOwn(name: ServiceName): Promise<string> {
  // Not disposed of: it serves all tests of this process, and ends with it.
  const { url } = await startOwnServer(name);
  return url;
}
