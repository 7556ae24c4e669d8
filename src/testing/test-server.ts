import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { processEnvironment } from "../config/mod.ts";
import { errors } from "./errors.ts";
import { LogCapture, type TestLog } from "./test-log.ts";

export interface TestServerOptions {
  /** The app's module: a path, or its `file:` URL. */
  readonly app: string | URL;
  /** Threads that serve requests; 0 serves on the main thread. Default 2. */
  readonly threads?: number;
  /** Variables of the program's environment. Of the test's own it gets only `PATH`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where the program runs and looks for `config/` and `.env`. Default: an empty folder of its own. */
  readonly folder?: string | URL;
}

/** A server in a process of its own. `await using` stops it. */
export interface TestServer extends AsyncDisposable {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  readonly adminUrl: string;
  /** What it has logged, all threads together. */
  readonly log: TestLog;
  /** The exit code, once it has ended and everything that it printed has been read; 128 and the signal's number when a signal ended it. */
  readonly exited: Promise<number>;
  /**
   * Sends a signal and waits for the end.
   *
   * @param signal default `SIGTERM`
   * @returns the exit code
   * @throws E_TESTING_SERVER_STUCK after a minute
   */
  stop(signal?: "SIGTERM" | "SIGINT"): Promise<number>;
  /** Ends the process as a power cut would, and waits for the end. */
  kill(): Promise<void>;
}

const START_MS = 60_000;
const STOP_MS = 60_000;
const OUTPUT_SHOWN = 8_192;

/**
 * Starts the real program, `plinth start`, in a process of its own: threads, sockets, signals and all. It listens on free ports and keeps
 * its data in a folder that goes away with it. Resolves when it is ready.
 *
 * @throws E_TESTING_SERVER_FAILED with what it printed, when it ends instead or is not ready within a minute
 * @example
 * await using server = await startServer({ app: new URL("app.ts", import.meta.url), threads: 2, env: { SHUTDOWN_DELAY: "300ms" } });
 * const answer = await fetch(new URL("/orders/1", server.url));
 * assert.equal(await server.stop(), 0);
 */
export async function startServer(options: TestServerOptions): Promise<TestServer> {
  const home = await mkdtemp(join(tmpdir(), "plinth-test-server-"));
  const server = new ServerProcess(options, home);
  await server.whenReady();
  return server;
}

function pathOf(place: string | URL): string {
  return typeof place === "string" && !place.startsWith("file:") ? resolve(place) : fileURLToPath(place);
}

function launch(options: TestServerOptions, home: string): ChildProcessByStdio<null, Readable, Readable> {
  // From sources the program runs from sources, and from a build from the build.
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  const program = fileURLToPath(new URL(`../cli/main${extension}`, import.meta.url));
  const conditions = extension === ".ts" ? ["--conditions=plinth:source"] : [];
  const folder = options.folder === undefined ? home : pathOf(options.folder);
  return spawn(process.execPath, [...conditions, program, "start", pathOf(options.app)], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PATH: processEnvironment()["PATH"],
      APP_ENV: "test",
      LOG_FORMAT: "json",
      DATA_FOLDER: join(home, "data"),
      HOST: "127.0.0.1",
      PORT: "0",
      ADMIN_PORT: "0",
      HTTP_THREADS: String(options.threads ?? 2),
      ...options.env,
    },
  });
}

class ServerProcess implements TestServer {
  readonly log: TestLog;
  readonly exited: Promise<number>;
  url = "";
  adminUrl = "";
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #capture = new LogCapture();
  /** The end of all that was printed, for people. */
  #output = "";
  #rest = "";

  constructor(options: TestServerOptions, home: string) {
    this.log = this.#capture;
    const child = launch(options, home);
    this.#child = child;
    // However the test's process ends, this one does not stay behind.
    const onExit = (): void => void child.kill("SIGKILL");
    process.once("exit", onExit);
    child.stdout.setEncoding("utf8").on("data", (text: string) => this.#read(text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    this.exited = once(child, "close").then(async ([code, signal]: unknown[]) => {
      process.off("exit", onExit);
      if (this.#rest !== "") this.#capture.accept(this.#rest);
      this.#capture.end();
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
      return typeof code === "number" ? code : 128 + constants.signals[signal as NodeJS.Signals];
    });
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_SHOWN);
  }

  #read(text: string): void {
    this.#keep(text);
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() as string;
    for (const line of lines) this.#capture.accept(line);
  }

  /** @throws E_TESTING_SERVER_FAILED */
  async whenReady(): Promise<void> {
    const ready = await this.log.waitFor("ready", `${START_MS}ms`).catch(() => undefined);
    if (ready === undefined) {
      const { exitCode, signalCode } = this.#child;
      await this.kill();
      const isLate = exitCode === null && signalCode === null;
      const reason = isLate
        ? `was not ready within ${START_MS} ms`
        : `ended with exit code ${await this.exited} before it was ready`;
      throw errors.SERVER_FAILED({ reason, output: this.#output });
    }
    this.url = local(ready["public"]);
    this.adminUrl = local(ready["admin"]);
  }

  async stop(signal: "SIGTERM" | "SIGINT" = "SIGTERM"): Promise<number> {
    this.#child.kill(signal);
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), STOP_MS);
    const code = await Promise.race([this.exited, late]);
    clearTimeout(timer);
    if (code !== "late") return code;
    await this.kill();
    throw errors.SERVER_STUCK({ milliseconds: STOP_MS, output: this.#output });
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** By address, because "localhost" may lead to another family first. */
function local(url: unknown): string {
  return typeof url === "string" ? url.replace("//localhost:", "//127.0.0.1:") : "";
}
