import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { type Caller as ApiCaller, type KnownRoutes, type RawBody, createCaller } from "plinth/caller";
import { type Clock, Secret, systemClock } from "plinth/core";
import { createDatabase, loadMigrations, migrate, sql } from "plinth/db";
import {
  type EngineName,
  type FakeClock,
  type TestApp,
  type TestRedis,
  createTestApp,
  createTestDatabase,
  createTestRedis,
} from "plinth/testing";
import parcel from "../../app.ts";
import { MIGRATIONS, type Tables } from "../../database.ts";
import { tokenCommand } from "../../tokens.ts";

/** A file as Parcel tells of it. */
export interface FileView {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly hash: string;
  readonly createdAt: string;
}

export interface PageView {
  readonly items: readonly FileView[];
  readonly nextCursor: string | null;
}

/**
 * What Parcel stands on in these tests: SQLite alone, or PostgreSQL or MariaDB together with Redis. `integration/postgres.test.ts` and `integration/mysql.test.ts` run all of them
 * on each.
 */
export const ENGINE: EngineName = (process.env["PARCEL_TEST_ENGINE"] ?? "sqlite") as EngineName;

/** The root secret of these tests. */
export const APP_KEY = "k3y-0f-p4rc3ls-t3sts-w1th-m0r3-th4n-32-byt3s";

/** The header of a caller's requests. */
export async function authorizationOf(subject: string, clock: Clock = systemClock): Promise<string> {
  const call = { arguments: [subject], environment: "test", appKeys: [new Secret(APP_KEY)], clock } as const;
  return `Bearer ${await tokenCommand.run(call)}`;
}

/** Settings of a program, as a configuration file has them. */
interface DataSettings {
  readonly appKey: readonly string[];
  readonly storageUrl: string;
  readonly databaseUrl: string;
  readonly redisUrl?: string;
  readonly redis?: { readonly prefix: string };
}

/** A folder and a database for a test, with what is asked of them; gone when it is disposed of. */
export class TestData implements AsyncDisposable {
  readonly path: string;
  readonly databaseUrl: string;
  readonly #owned: AsyncDisposableStack;
  readonly #redis: TestRedis | undefined;

  /** Something was done to the database that the next test must not find. */
  #spoiled = false;

  private constructor(path: string, parts: { owned: AsyncDisposableStack; databaseUrl: string; redis: TestRedis | undefined }) {
    this.path = path;
    this.databaseUrl = parts.databaseUrl;
    this.#owned = parts.owned;
    this.#redis = parts.redis;
  }

  static async open(): Promise<TestData> {
    const owned = new AsyncDisposableStack();
    const path = owned.adopt(mkdtempSync(join(tmpdir(), "plinth-parcel-")), (folder) =>
      rmSync(folder, { recursive: true, force: true }),
    );
    if (ENGINE === "sqlite")
      return new TestData(path, { owned, databaseUrl: `sqlite:${join(path, "app.db")}`, redis: undefined });
    const redis = owned.use(await createTestRedis());
    const databaseUrl = freeDatabases.pop() ?? (await createMigrated(ENGINE));
    return new TestData(path, { owned, databaseUrl, redis });
  }

  get settings(): DataSettings {
    const { databaseUrl } = this;
    const redis = this.#redis;
    return {
      appKey: [APP_KEY],
      storageUrl: `file:${join(this.path, "files")}`,
      databaseUrl,
      ...(redis === undefined ? {} : { redisUrl: redis.url, redis: { prefix: redis.prefix } }),
    };
  }

  /** The same as variables. */
  get env(): Readonly<Record<string, string>> {
    const { storageUrl, databaseUrl, redisUrl, redis } = this.settings;
    return {
      APP_KEY,
      STORAGE_URL: storageUrl,
      DATABASE_URL: databaseUrl,
      ...(redisUrl === undefined || redis === undefined ? {} : { REDIS_URL: redisUrl, REDIS_PREFIX: redis.prefix }),
    };
  }

  /** Names of parts of uploads. */
  get incoming(): readonly string[] {
    return readdirSync(join(this.path, "files", "incoming"));
  }

  /** Paths of files that are whole. */
  get stored(): readonly string[] {
    return readdirSync(join(this.path, "files"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.endsWith("incoming"))
      .map((entry) => join(entry.parentPath, entry.name));
  }

  /** Runs a statement past Parcel. */
  async run(statement: string): Promise<void> {
    this.#spoiled = true;
    await using database = createDatabase<Tables>({ url: this.databaseUrl });
    await sql.raw(statement).execute(database.query);
  }

  /** Keeps everybody else from writing to the table of files, for as long as a function runs. Reading goes on. */
  async lockWrites(run: () => Promise<void>): Promise<void> {
    await using database = createDatabase<Tables>({ url: this.databaseUrl });
    await database.transaction(async ({ query }) => {
      if (database.dialect === "postgres") await sql`lock table files in share row exclusive mode`.execute(query);
      if (database.dialect === "mysql") await sql`select * from files for update`.execute(query);
      await run(); // on SQLite whoever is in a transaction is the only writer
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync();
    if (ENGINE === "sqlite" || this.#spoiled) return;
    await using database = createDatabase<Tables>({ url: this.databaseUrl });
    await sql`delete from files`.execute(database.query);
    await sql`delete from idempotency_keys`.execute(database.query);
    freeDatabases.push(this.databaseUrl);
  }
}

// A database takes a server longer to make than most tests take: it is emptied and used again.
const databases = new AsyncDisposableStack();
const freeDatabases: string[] = [];
after(() => databases.disposeAsync());

async function createMigrated(engine: EngineName): Promise<string> {
  const { url } = databases.use(await createTestDatabase(engine));
  await using database = createDatabase<Tables>({ url });
  await migrate({ database, migrations: await loadMigrations(MIGRATIONS) });
  return url;
}

/** What may be sent as a body. */
type Body = NonNullable<RequestInit["body"]>;

/** What a file may be made of. */
type UploadBody = string | RawBody;

/** How a caller reaches Parcel, in process or over the network. */
type Send = (path: string, init?: RequestInit) => Promise<Response>;

const NOWHERE = "http://parcel.test";

/** Somebody with a token. */
export class Caller {
  /** Calls Parcel's routes, typed by their declarations. */
  readonly api: ApiCaller<KnownRoutes<typeof parcel>>;
  readonly #send: Send;
  readonly #authorization: string;

  constructor(send: Send, authorization: string) {
    this.#send = send;
    this.#authorization = authorization;
    // Where it goes is for `send` to say: it takes the path alone. Time is the test's.
    const fetch = ({ url, method, headers, body, signal }: Request): Promise<Response> =>
      send(url.slice(NOWHERE.length), { method, headers, body, signal, duplex: "half" });
    this.api = createCaller<typeof parcel>({ baseUrl: NOWHERE, headers: { authorization }, fetch, timeout: "0s" });
  }

  send(path: string, init: RequestInit = {}): Promise<Response> {
    return this.#send(path, { ...init, headers: { authorization: this.#authorization, ...(init.headers as object) } });
  }

  /** Sends a body; what comes back is anything. */
  post(name: string, body: Body, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const init = { method: "POST", body, duplex: "half", headers: { "content-type": "application/octet-stream", ...headers } };
    return this.send(`/files?name=${encodeURIComponent(name)}`, init as RequestInit);
  }

  /** Uploads a file; anything but 201 fails. */
  async upload(name: string, body: UploadBody, headers: Readonly<Record<string, string>> = {}): Promise<FileView> {
    const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
    const answer = await this.api.post("/files", { query: { name }, body: bytes, headers });
    if (!answer.ok) assert.fail(answer.problem.detail);
    return answer.data;
  }

  async list(query = ""): Promise<PageView> {
    const answer = await this.api.get("/files", { query: Object.fromEntries(new URLSearchParams(query)) });
    if (!answer.ok) assert.fail(answer.problem.detail);
    return answer.data;
  }

  /** Read its body: it holds the file open. */
  download(id: string): Promise<Response> {
    return this.send(`/files/${id}/content`);
  }

  /** A header of a download. */
  async headerOf(id: string, name: string): Promise<string> {
    const answer = await this.download(id);
    await answer.arrayBuffer();
    return answer.headers.get(name) ?? "";
  }
}

/** Parcel in this process. */
export class ParcelInProcess implements AsyncDisposable {
  readonly app: TestApp;
  readonly data: TestData;

  constructor(app: TestApp, data: TestData) {
    this.app = app;
    this.data = data;
  }

  get clock(): FakeClock {
    return this.app.clock;
  }

  async as(subject: string): Promise<Caller> {
    return new Caller((path, init) => this.app.fetch(path, init), await authorizationOf(subject, this.clock));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop();
    await this.data[Symbol.asyncDispose]();
  }
}

export async function openParcel(config: Readonly<Record<string, unknown>> = {}): Promise<ParcelInProcess> {
  const data = await TestData.open();
  return new ParcelInProcess(await createTestApp(parcel, { config: { ...data.settings, ...config } }), data);
}

/** A body of so many bytes, never whole in memory. */
export function streamOf(bytes: number, chunkSize = 65_536): ReadableStream<Uint8Array> {
  let left = bytes;
  return new ReadableStream({
    pull(controller) {
      const size = Math.min(left, chunkSize);
      if (size > 0) controller.enqueue(new Uint8Array(size).fill(left % 251));
      left -= size;
      if (left === 0) controller.close();
    },
  });
}

/** A problem's code. */
export async function codeOf(answer: Response): Promise<string> {
  assert.match(answer.headers.get("content-type") ?? "", /^application\/problem\+json/);
  return ((await answer.json()) as { code: string }).code;
}
