// A database of its own and a share of Redis for the demo, as variables for a shell, until the program is told to end.
import { once } from "node:events";
import { type EngineName, createTestDatabase, createTestRedis } from "plinth/testing";

const ENGINES: Readonly<Record<string, EngineName>> = { postgres: "postgres", mariadb: "mysql", mysql: "mysql" };
const engine = ENGINES[process.argv[2] ?? ""];
if (engine === undefined) throw new Error("usage: services.ts postgres|mariadb|mysql");

await using database = await createTestDatabase(engine);
await using redis = await createTestRedis();
process.stdout.write(`DATABASE_URL='${database.url}'\nREDIS_URL='${redis.url}'\nREDIS_PREFIX='${redis.prefix}'\n`);
const alive = setInterval(() => undefined, 60_000);
await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
clearInterval(alive);
