import type { ServiceTools } from "plinth/app";
import type { BearerRule } from "plinth/auth";
import { type Cache, createCache } from "plinth/cache";
import type { Clock, Secret, Service } from "plinth/core";
import { type Database, createDatabase, createMigrator, loadMigrations } from "plinth/db";
import { type SqlIdempotencyStore, createIdempotencyStore } from "plinth/idempotency";
import { type Limits, createLimits } from "plinth/ratelimit";
import { type Redis, createRedis } from "plinth/redis";
import type { Config } from "./config.ts";
import { MIGRATIONS, type Tables } from "./database.ts";
import { errors } from "./errors.ts";
import { Disk } from "./files/disk.ts";
import { FileRecords } from "./files/records.ts";
import { createSignedIn } from "./tokens.ts";

/** What Parcel's routes are made of. */
export interface Services {
  readonly config: Config;
  readonly environment: ServiceTools<Config>["runtime"]["environment"];
  readonly clock: Clock;
  readonly database: Database<Tables>;
  readonly migrator: Service;
  /** Undefined without REDIS_URL: cache and limits stay in the process. */
  readonly redis: Redis | undefined;
  readonly cache: Cache;
  readonly limits: Limits;
  readonly idempotencyKeys: SqlIdempotencyStore;
  readonly disk: Disk;
  readonly records: FileRecords;
  readonly signedIn: BearerRule;
}

export async function createServices({ config, log, runtime }: ServiceTools<Config>): Promise<Services> {
  const { appKeys, clock, memory } = runtime;
  const database = createDatabase<Tables>({
    url: config.databaseUrl,
    replicaUrls: config.databaseReplicaUrls,
    log,
    clock,
  });
  const migrations = await loadMigrations(MIGRATIONS);
  const redis = createRedisIfAny(config, { log, clock });
  const shared = redis === undefined ? {} : { redis };
  const cache = createCache({ memory, clock, log, ...shared });
  return {
    config,
    environment: runtime.environment,
    clock,
    database,
    migrator: createMigrator({ database, migrations, log, clock, dependsOn: [database.name] }),
    redis,
    cache,
    limits: createLimits({ memory, clock, log, ...shared }),
    idempotencyKeys: createIdempotencyStore({ db: database, clock, log }),
    disk: new Disk(folderOf(config.storageUrl)),
    records: new FileRecords(database, cache),
    signedIn: createSignedIn(appKeys, clock),
  };
}

function createRedisIfAny(
  { redisUrl, redis }: Config,
  tools: Pick<ServiceTools<Config>, "log"> & { readonly clock: Clock },
): Redis | undefined {
  return redisUrl === undefined ? undefined : createRedis({ url: redisUrl, prefix: redis.prefix, ...tools });
}

function folderOf(url: Secret): string {
  const text = url.reveal();
  if (!text.startsWith("file:")) throw errors.STORAGE_UNSUPPORTED({ scheme: text.split(":", 1)[0] ?? "" });
  return text.slice("file:".length).replace(/^\/\//, "");
}
