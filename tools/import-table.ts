/** Who may import whom: the one place where it is written. `tools/boundaries.ts` enforces it and prints it into the docs. */

export interface RoomRule {
  /** Rooms that this one may import, by their `mod.ts` or `contract.ts`. */
  readonly rooms: readonly string[];
  /** Packages from the registry that this room may import. */
  readonly packages: readonly string[];
  /** Files of other rooms that it imports past their doors, because a door would bring what it has no use for, or not yet: Node to browsers, a query builder to caches, the supervisor before its threads. */
  readonly files?: readonly string[];
}

const rule = (rooms: string, packages = ""): RoomRule => ({ rooms: words(rooms), packages: words(packages) });
const words = (text: string): readonly string[] => text.split(" ").filter((word) => word !== "");

/** By room, from the ground up. */
export const IMPORT_TABLE: Readonly<Record<string, RoomRule>> = {
  core: rule(""),
  config: rule("core", "@standard-schema/spec smol-toml yaml"),
  log: rule("core", "@standard-schema/spec pino"),
  telemetry: rule("core"),
  security: rule("core"),
  http: rule("core log security", "@standard-schema/spec find-my-way mrmime swagger-ui-dist ws"),
  caller: { ...rule("http"), files: ["core/error.ts", "core/duration.ts", "core/size.ts"] },
  client: rule("core log security"),
  storage: rule("core log security"),
  redis: rule("core log", "@redis/client"),
  db: rule("core log", "kysely mysql2 pg pg-cursor"),
  cache: { ...rule("core log http redis", "@standard-schema/spec lru-cache"), files: ["db/transaction-scope.ts"] },
  jobs: rule("core log db redis"),
  ratelimit: rule("core log http db redis"),
  idempotency: rule("core http db redis"),
  auth: rule("core http security db"),
  console: rule("core http"),
  app: rule("core config log telemetry security http", "@standard-schema/spec"),
  testing: rule(
    "core config log telemetry security http caller client storage redis db cache jobs ratelimit idempotency auth app",
    "@standard-schema/spec zod ajv fast-check @redis/client mysql2 pg",
  ),
  cli: {
    ...rule("core config log db redis cache ratelimit jobs app", "commander"),
    files: ["app/launch.ts", "config/process-environment.ts"],
  },
};

/** Packages that a program built on Plinth (`apps/`) may import besides `plinth/<room>`. */
export const APP_PACKAGES: readonly string[] = ["zod", "fast-check"];

/** A capability of the machine that only the files named for it may touch. */
export interface Confinement {
  readonly what: string;
  /** Modules of Node that give it. */
  readonly modules: readonly string[];
  /** Paths that may use it. */
  readonly only: readonly RegExp[];
  readonly where: string;
}

export const CONFINEMENTS: readonly Confinement[] = [
  {
    what: "an HTTP server or client of Node",
    modules: ["node:http", "node:https", "node:http2"],
    only: [/^src\/http\/node\//],
    where: "src/http/node/",
  },
  {
    what: "worker threads",
    modules: ["node:worker_threads"],
    only: [/^src\/[a-z]+\/threads\//, /^src\/[a-z]+\/thread[a-z-]*\.ts$/],
    where: "a file named for it (src/<room>/threads/…, src/<room>/thread-….ts)",
  },
  {
    what: "the process's environment",
    // `import { env } from "node:process"` would go round the check of `process.env`.
    modules: ["node:process"],
    only: [/^src\/config\/process-environment\.ts$/],
    where: "src/config/process-environment.ts",
  },
];

/** The file that may read `process.env`. */
export const ENVIRONMENT_FILE = "src/config/process-environment.ts";
