import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import type { Contender } from "./contender.ts";
import { HOST } from "./environment.ts";
import { onCore, SERVER_CORE } from "./pinning.ts";

/** What a process has used so far. */
export interface Usage {
  /** User and system time of all its threads. */
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

const START_DEADLINE = 30_000;
/** Linux counts process times in hundredths of a second for user space, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;

/** A server of the comparison, alone in its process, pinned to one core. */
export class ServerProcess {
  readonly port: number;
  readonly metricsUrl: string;
  readonly logFile: string;
  /** From spawning the process to the first accepted connection. */
  readonly startupMilliseconds: number;
  /** From spawning the process until it said that it is ready. */
  readonly readyMilliseconds: number;
  readonly #child: ChildProcess;

  private constructor(
    started: Pick<ServerProcess, "port" | "metricsUrl" | "logFile" | "startupMilliseconds" | "readyMilliseconds">,
    child: ChildProcess,
  ) {
    this.port = started.port;
    this.metricsUrl = started.metricsUrl;
    this.logFile = started.logFile;
    this.startupMilliseconds = started.startupMilliseconds;
    this.readyMilliseconds = started.readyMilliseconds;
    this.#child = child;
  }

  static async start(contender: Contender, logFile: string): Promise<ServerProcess> {
    const [port, metricsPort] = await findFreePorts();
    rmSync(logFile, { force: true });
    const [command, commandArguments] = onCore(contender.pinned ? SERVER_CORE : "any", [
      ...contender.nodeArguments,
      contender.file,
      ...contender.fileArguments,
    ]);
    const ports = { PORT: String(port), METRICS_PORT: String(metricsPort), ADMIN_PORT: String(metricsPort) };
    const environment = { ...ports, LOG_FILE: logFile, VARIANT: contender.variant, NODE_ENV: "production", ...contender.env };
    const start = performance.now();
    const child = spawn(command, commandArguments, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...environment },
    });
    let output = "";
    let readyMilliseconds = 0;
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      if (readyMilliseconds === 0 && /\bready\b/.test(output)) readyMilliseconds = performance.now() - start;
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    try {
      await waitFor(START_DEADLINE, 1, () => {
        if (child.exitCode !== null) throw new Error(`exited with code ${child.exitCode}`);
        return accepts(port);
      });
      const startupMilliseconds = performance.now() - start;
      await waitFor(START_DEADLINE, 5, () => readyMilliseconds > 0);
      const metricsUrl = `http://${HOST}:${contender.metrics === "admin" ? metricsPort : port}/metrics`;
      return new ServerProcess({ port, metricsUrl, logFile, startupMilliseconds, readyMilliseconds }, child);
    } catch (error) {
      child.kill("SIGKILL");
      throw new Error(`${contender.id} did not start: ${String(error)}\n${output}`, { cause: error });
    }
  }

  /** Read from outside, so that the server does nothing for it. */
  usage(): Usage {
    const proc = `/proc/${this.#child.pid}`;
    // Fields 14 and 15 of stat(5), counted after the command name, which may hold spaces: it ends at the last ")".
    const fields = readFileSync(`${proc}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
    const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`${proc}/status`, "latin1"))?.[1];
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND, peakBytes: Number(peak) * 1_024 };
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const overdue = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await exited;
    clearTimeout(overdue);
  }
}

/** Asks until the answer is true. */
export async function waitFor(deadline: number, pause: number, isDone: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + deadline;
  while (!(await isDone())) {
    if (performance.now() > end) throw new Error(`not within ${deadline} ms`);
    await wait(pause);
  }
}

function accepts(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, HOST);
  socket.on("connect", () => {
    socket.destroy();
    resolve(true);
  });
  socket.on("error", () => resolve(false));
  return promise;
}

/** Two ports that nobody listens on now. */
async function findFreePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, HOST);
    await once(server, "listening");
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) {
    server.close();
    await once(server, "close");
  }
  return ports as [number, number];
}
