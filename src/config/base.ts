import { availableParallelism } from "node:os";
import type { Duration, Secret } from "../core/mod.ts";
import type { Environment, Setting } from "./contract.ts";
import { list } from "./list-setting.ts";
import { integer, port } from "./number-settings.ts";
import { connection, secret } from "./secret-settings.ts";
import { addresses, fileMode, hostPattern } from "./network-settings.ts";
import { boolean, choice, duration, text } from "./text-settings.ts";

/** Fewest bytes of a root secret: what HKDF with SHA-256 can make full use of. */
export const APP_KEY_BYTES = 32;

/** Plinth's own settings. */
export interface BaseTree {
  /** `APP_ENV`, else `NODE_ENV`, else development. */
  readonly environment: Setting<Environment>;
  /** Root secrets, the first signs; see `resolveAppKey` for what happens without one. */
  readonly appKey: Setting<readonly Secret[] | undefined>;
  readonly host: Setting<string>;
  readonly port: Setting<number>;
  /** Permissions of a Unix socket, in octal digits. */
  readonly socketMode: Setting<string>;
  readonly adminHost: Setting<string>;
  readonly adminPort: Setting<number>;
  /** 0 serves on the main thread. */
  readonly httpThreads: Setting<number>;
  readonly jobThreads: Setting<number>;
  readonly role: Setting<"all" | "http" | "jobs">;
  readonly databaseUrl: Setting<Secret>;
  readonly databaseReplicaUrls: Setting<readonly Secret[]>;
  readonly redisUrl: Setting<Secret | undefined>;
  readonly storageUrl: Setting<Secret>;
  readonly trustedProxies: Setting<readonly string[]>;
  /** Which headers a trusted proxy speaks in. The other ones are passed through by it as clients sent them, so they are not read. */
  readonly proxyHeaders: Setting<"x-forwarded" | "forwarded">;
  /** Empty: any. */
  readonly allowedHosts: Setting<readonly string[]>;
  /** Beside addresses, `localhost` and `adminHost`. */
  readonly adminAllowedHosts: Setting<readonly string[]>;
  readonly logLevel: Setting<"trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent">;
  /** Undefined: pretty on a terminal, else JSON. */
  readonly logFormat: Setting<"json" | "pretty" | undefined>;
  /** Instead of standard output. */
  readonly logFile: Setting<string | undefined>;
  readonly doctorIgnore: Setting<readonly string[]>;
  readonly configWatch: Setting<boolean>;
  readonly tlsCertFile: Setting<string | undefined>;
  readonly tlsKeyFile: Setting<string | undefined>;
  /** Whether the program starts under maintenance. */
  readonly maintenance: Setting<boolean>;
  /** Whether requests are refused while a thread has more to do than time. */
  readonly loadShedding: Setting<boolean>;
  readonly loadSheddingTarget: Setting<Duration>;
  /** Who reads how long the steps of a request took. */
  readonly serverTiming: Setting<"off" | "always">;
  readonly serverTimingSecret: Setting<Secret | undefined>;
  readonly shutdownDelay: Setting<Duration>;
  readonly shutdownTimeout: Setting<Duration>;
  readonly dataFolder: Setting<string>;
  /** Whether the public server answers `GET /openapi.json` and `GET /docs`. */
  readonly apiDocs: Setting<boolean>;
}

const DATABASES = ["sqlite", "postgres", "postgresql", "mysql", "mariadb"] as const;

/** The settings that every Plinth program has, whatever it adds of its own. */
export const baseConfig: BaseTree = Object.freeze({
  environment: choice(["development", "test", "production"], {
    env: "APP_ENV",
    default: "development",
    doc: "Where the program runs; NODE_ENV is the fallback.",
  }),
  appKey: list(secret({ minBytes: APP_KEY_BYTES }), {
    requiredIn: ["production"],
    minItems: 1,
    doc: "Root secrets that every other key is derived from: the first signs, all verify. Development generates one.",
  }),
  host: text({ default: "0.0.0.0", doc: "Address that the public server listens on, or unix:/path of a socket." }),
  port: port({ default: 3000, doc: "Port of the public server." }),
  socketMode: fileMode({ default: "660", doc: "Permissions of the Unix socket, if HOST is one." }),
  adminHost: text({ default: "127.0.0.1", doc: "Address that the admin server (health, metrics, console) listens on." }),
  adminPort: port({ default: 3001, doc: "Port of the admin server." }),
  httpThreads: integer({
    min: 0,
    max: 1_024,
    default: () => availableParallelism(),
    defaultLabel: "number of cores",
    doc: "Threads that serve requests; 0 serves on the main thread.",
  }),
  jobThreads: integer({ min: 0, max: 1_024, default: 1, doc: "Threads that run jobs; 0 runs them on the main thread." }),
  role: choice(["all", "http", "jobs"], { default: "all", doc: "What this process does." }),
  databaseUrl: connection({ schemes: DATABASES, default: "sqlite:./data/app.db", doc: "The database." }),
  databaseReplicaUrls: list(connection({ schemes: DATABASES }), { default: [], doc: "Read replicas of the database." }),
  redisUrl: connection({
    schemes: ["redis", "rediss"],
    optional: true,
    doc: "Redis for cache, limits and notifications, which otherwise stay in memory and SQL.",
  }),
  storageUrl: connection({ schemes: ["file", "s3"], default: "file:./data/files", doc: "Where stored files are kept." }),
  trustedProxies: list(addresses(), {
    default: [],
    doc: "Addresses and networks whose proxy headers and X-Request-Id are believed; loopback, private and unix are words for some.",
  }),
  proxyHeaders: choice(["x-forwarded", "forwarded"], {
    default: "x-forwarded",
    doc: "Headers that trusted proxies set: X-Forwarded-For, -Proto and -Host, or Forwarded (RFC 7239).",
  }),
  allowedHosts: list(hostPattern(), {
    default: [],
    doc: "Hosts that the public server answers for, such as example.com or *.example.com; empty for any. Others get 421.",
  }),
  adminAllowedHosts: list(hostPattern(), {
    default: [],
    doc: "Names that the admin server answers for besides addresses, localhost and ADMIN_HOST.",
  }),
  logLevel: choice(["trace", "debug", "info", "warn", "error", "fatal", "silent"], {
    default: "info",
    reload: "live",
    doc: "Least grave level that is logged.",
  }),
  logFormat: choice(["json", "pretty"], {
    optional: true,
    defaultLabel: "pretty on a terminal, else json",
    doc: "How log lines are written.",
  }),
  logFile: text({
    optional: true,
    doc: "File that log lines are appended to, instead of standard output. SIGHUP opens it anew, after a rotation.",
  }),
  doctorIgnore: list(text(), {
    default: [],
    doc: 'Findings of `plinth doctor` that are meant so, each with its reason: "route-public-write: anybody may drop a file".',
  }),
  configWatch: boolean({
    default: true,
    doc: "Whether changed configuration files are loaded while the program runs; SIGHUP and `plinth config reload` always do.",
  }),
  tlsCertFile: text({ optional: true, doc: "Certificate chain (PEM); with the key, HTTPS and HTTP/2 are served." }),
  tlsKeyFile: text({ optional: true, doc: "Private key (PEM) of the certificate." }),
  maintenance: boolean({
    default: false,
    doc: "Whether the public server starts under maintenance (503); `plinth maintenance off` ends it.",
  }),
  loadShedding: boolean({
    default: true,
    doc: "Whether requests are refused (503, Retry-After) while a thread has more to do than time, those of low priority first.",
  }),
  loadSheddingTarget: duration({
    default: "50ms",
    doc: "How long an overloaded event loop takes in requests of normal priority each turn; answers wait for about two turns.",
  }),
  serverTiming: choice(["off", "always"], {
    default: (environment) => (environment === "development" ? "always" : "off"),
    doc: "Whether every answer tells in Server-Timing how long its steps took.",
  }),
  serverTimingSecret: secret({
    minBytes: APP_KEY_BYTES,
    optional: true,
    doc: "Whoever sends this as Server-Timing-Key is told how long the steps of the request took, also where nobody else is.",
  }),
  shutdownDelay: duration({
    default: (environment) => (environment === "production" ? "5s" : "0s"),
    reload: "live",
    doc: "Time between failing readiness and refusing connections, for load balancers to notice.",
  }),
  shutdownTimeout: duration({ default: "30s", reload: "live", doc: "Longest time that requests and jobs get to finish." }),
  dataFolder: text({ default: "./data", doc: "Folder for what the program keeps on the local disk." }),
  apiDocs: boolean({ default: true, doc: "Answer GET /openapi.json and GET /docs on the public port." }),
});
