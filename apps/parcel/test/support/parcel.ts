import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Caller as ApiCaller, type KnownRoutes, type RawBody, createCaller } from "plinth/caller";
import { type Clock, Secret, systemClock } from "plinth/core";
import { type FakeClock, type TestApp, createTestApp } from "plinth/testing";
import parcel from "../../app.ts";
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

/** The root secret of these tests. */
export const APP_KEY = "k3y-0f-p4rc3ls-t3sts-w1th-m0r3-th4n-32-byt3s";

/** The header of a caller's requests. */
export async function authorizationOf(subject: string, clock: Clock = systemClock): Promise<string> {
  const call = { arguments: [subject], environment: "test", appKeys: [new Secret(APP_KEY)], clock } as const;
  return `Bearer ${await tokenCommand.run(call)}`;
}

/** A folder for a test's files and database, with what is asked of it; gone when it is disposed of. */
export class DataFolder implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "plinth-parcel-"));

  get settings(): { readonly appKey: readonly string[]; readonly storageUrl: string; readonly databaseUrl: string } {
    return {
      appKey: [APP_KEY],
      storageUrl: `file:${join(this.path, "files")}`,
      databaseUrl: `sqlite:${join(this.path, "app.db")}`,
    };
  }

  /** The same as variables. */
  get env(): Readonly<Record<string, string>> {
    return { APP_KEY, STORAGE_URL: this.settings.storageUrl, DATABASE_URL: this.settings.databaseUrl };
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

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
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
  readonly data: DataFolder;

  constructor(app: TestApp, data: DataFolder) {
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
    this.data[Symbol.dispose]();
  }
}

export async function openParcel(config: Readonly<Record<string, unknown>> = {}): Promise<ParcelInProcess> {
  const data = new DataFolder();
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
