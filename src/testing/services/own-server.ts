import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { isPlinthError, toError } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import type { ServiceName } from "./contract.ts";
import { type FolderGuard, guardFolder, pidFile } from "./guard-folder.ts";
import { findMariadb } from "./own-mariadb.ts";
import { findPostgres } from "./own-postgres.ts";
import { type OwnProgram, type Settings, programEnvironment } from "./own-program.ts";
import { findRedis } from "./own-redis.ts";
import { probe } from "./sessions.ts";
import { findSparePort } from "./spare-port.ts";
import { createTestFolder } from "./test-name.ts";

export interface OwnServerOptions {
  /** Settings of the program's command line, by their names without dashes: `{ maxmemory: "2mb" }`, `{ max_connections: "5" }`. */
  readonly settings?: Settings;
  /** Whether Redis keeps what it was told, also when it is killed. Default false: it comes back empty. The databases always keep it. */
  readonly persist?: boolean;
}

/** A server of the test's own, to be killed, stopped and filled at will. `await using` ends it and removes its data. */
export interface OwnServer extends AsyncDisposable {
  readonly url: string;
  /** The same over restarts. */
  readonly port: number;
  /** The process that listens; undefined while there is none. */
  readonly pid: number | undefined;
  /** Sends a signal to the server and all its processes, and waits for their end. Default `SIGKILL`. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends it in good order, if it runs. */
  stop(): Promise<void>;
  /** Stops it, if it runs, and starts it with the data that it has kept. Resolves when it can be used. */
  restart(): Promise<void>;
  /** Halts all its processes: connections stay open, and nothing answers. */
  pause(): void;
  /** Ends a {@link OwnServer.pause}. */
  resume(): void;
}

const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 20;
const OUTPUT_SHOWN = 4_096;
const LOG = "log";
/** PostgreSQL does not start as long as a process of a killed server is left. */
const LAUNCHES = 5;

/** How to find the program of each service. @throws E_TESTING_PROGRAM_MISSING */
export const PROGRAMS: Readonly<Record<ServiceName, () => Promise<OwnProgram>>> = {
  postgres: findPostgres,
  mysql: findMariadb,
  redis: findRedis,
};

/**
 * Starts a server of the test's own from a program of this machine (`postgres`, `mariadbd`, `redis-server`): on a spare port of 127.0.0.1, with
 * its data in a folder of its own, without passwords. It ends with the process of the test, whatever ends that.
 *
 * @throws E_TESTING_PROGRAM_MISSING when the program is not installed; E_TESTING_SERVER_FAILED when it does not start
 * @example
 * await using redis = await startOwnServer("redis");
 * await redis.kill();
 * // … what does the cache do now?
 * await redis.restart();
 */
export async function startOwnServer(service: ServiceName, options: OwnServerOptions = {}): Promise<OwnServer> {
  const program = await PROGRAMS[service]();
  const folder = await createTestFolder();
  const server = new ServerProcess(service, program, {
    folder,
    port: await findSparePort(),
    settings: settingsOf(service, options),
  });
  try {
    await program.prepare(folder);
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

function settingsOf(service: ServiceName, { settings = {}, persist = false }: OwnServerOptions): Settings {
  return service === "redis" && persist ? { appendonly: "yes", appendfsync: "always", ...settings } : settings;
}

interface Place {
  readonly folder: string;
  readonly port: number;
  readonly settings: Settings;
}

class ServerProcess implements OwnServer {
  readonly url: string;
  readonly port: number;
  readonly #service: ServiceName;
  readonly #program: OwnProgram;
  readonly #place: Place;
  readonly #guard: FolderGuard;
  #child: ChildProcess | undefined;
  /** Resolves when the process that was launched last has ended. */
  #ended: Promise<void> = Promise.resolve();

  constructor(service: ServiceName, program: OwnProgram, place: Place) {
    this.#service = service;
    this.#program = program;
    this.#place = place;
    this.port = place.port;
    this.url = program.url(place.port);
    this.#guard = guardFolder(place.folder);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start(LAUNCHES);
  }

  /** @param most launches, before it is given up */
  async start(most = 1): Promise<void> {
    const late = performance.now() + START_MS;
    let failure = "";
    for (let launches = 0; performance.now() < late; await wait(POLL_MS)) {
      if (this.#child === undefined) {
        if (launches === most) break;
        launches += 1;
        this.#launch();
      }
      failure = await this.#probe();
      if (failure === "" && this.#child !== undefined) return;
    }
    await this.kill();
    throw errors.SERVER_FAILED({ reason: `(${this.#service}) did not start: ${failure}`, output: this.#output() });
  }

  /** Why it cannot be used; empty when it can. */
  async #probe(): Promise<string> {
    try {
      await probe(this.#service, this.url);
      return "";
    } catch (error) {
      if (isPlinthError(error)) throw error;
      return toError(error).message;
    }
  }

  #launch(): void {
    const { folder, port, settings } = this.#place;
    const program = this.#program;
    // A file and not a pipe: a pipe would keep the test's process alive, and would halt the server when nobody reads it.
    const log = openSync(join(folder, LOG), "a");
    // In a group of its own: an interrupt from the terminal is for the test.
    const child = spawn(program.path, program.args(folder, port, settings), {
      ...program.runAs,
      cwd: folder,
      env: programEnvironment(),
      stdio: ["ignore", log, log],
      detached: true,
    });
    closeSync(log);
    child.unref();
    this.#child = child;
    if (child.pid !== undefined) writeFileSync(pidFile(folder), String(child.pid));
    const { promise, resolve } = Promise.withResolvers<void>();
    const onEnd = (): void => {
      this.#child = undefined;
      rmSync(pidFile(folder), { force: true });
      resolve();
    };
    child.once("exit", onEnd).once("error", onEnd);
    this.#ended = promise;
  }

  #output(): string {
    const path = join(this.#place.folder, LOG);
    return existsSync(path) ? readFileSync(path, "utf8").slice(-OUTPUT_SHOWN) : "";
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    if (signal === "SIGKILL") {
      // Halted first, so that it makes no new process meanwhile.
      this.pause();
      for (const pid of this.#family()) send(pid, "SIGKILL");
    } else {
      this.resume();
      this.#child?.kill(signal);
    }
    if (await this.#hasEnded()) return;
    const output = this.#output();
    if (signal !== "SIGKILL") await this.kill();
    throw errors.SERVER_STUCK({ milliseconds: STOP_MS, output });
  }

  async stop(): Promise<void> {
    await this.kill(this.#program.stopSignal);
  }

  pause(): void {
    // The main process first, so that it makes no new process meanwhile.
    this.#child?.kill("SIGSTOP");
    for (const pid of this.#family()) send(pid, "SIGSTOP");
  }

  resume(): void {
    for (const pid of this.#family()) send(pid, "SIGCONT");
  }

  /** The process and its children: PostgreSQL has one for each connection. */
  #family(): readonly number[] {
    const pid = this.pid;
    return pid === undefined ? [] : [pid, ...childrenOf(pid)];
  }

  /** Waits for the end, and says whether it came in time. */
  async #hasEnded(): Promise<boolean> {
    this.#child?.ref();
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), STOP_MS);
    const inTime = await Promise.race([this.#ended.then(() => true), late]);
    clearTimeout(timer);
    return inTime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    this.#guard.dismiss();
    await rm(this.#place.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Only Linux tells. Elsewhere children see for themselves that their parent has gone. */
function childrenOf(pid: number): readonly number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** To a process that may have ended meanwhile. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
