import { spawn } from "node:child_process";
import type { Contender } from "./contender.ts";
import type { LoadReport } from "./load.ts";
import { LOAD_CORE, onCore } from "./pinning.ts";
import { ServerProcess, type Usage } from "./server-process.ts";

/** Lengths in milliseconds. */
export interface Timing {
  readonly warmUp: number;
  readonly measured: number;
}

/** One server in one round. */
export interface Figures {
  readonly cpuMicroseconds: number;
  readonly requestsPerSecond: number;
  readonly startupMilliseconds: number;
  readonly peakBytes: number;
  /** Share of the window in which the server was on a CPU. Well below 1, the machine had other work and the figures suffer. */
  readonly serverBusy: number;
  /** Share of the window in which the load was on a CPU. */
  readonly loadBusy: number;
}

export interface MeasureOptions {
  readonly timing: Timing;
  readonly connections: number;
  /** The module that makes the load's requests. */
  readonly traffic: URL;
  /** The program that loads the servers. Default: requests, one after the other on each connection. */
  readonly load?: URL;
  readonly logFile: string;
  /** Looks at the server after the load; `total` requests were answered. Throws when something is amiss. */
  readonly verify?: (server: ServerProcess, contender: Contender, total: number) => Promise<void>;
}

/** Starts a server, loads it, stops it. @throws Error when an answer was wrong, or `verify` found fault */
export async function measure(contender: Contender, options: MeasureOptions): Promise<Figures> {
  const server = await ServerProcess.start(contender, options.logFile);
  try {
    const { requests, seconds, busy, total, before, after } = await runLoad(server, contender, options);
    await options.verify?.(server, contender, total);
    const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
    return {
      cpuMicroseconds: (cpuSeconds * 1e6) / requests,
      requestsPerSecond: requests / seconds,
      startupMilliseconds: server.startupMilliseconds,
      peakBytes: after.peakBytes,
      serverBusy: cpuSeconds / seconds,
      loadBusy: busy,
    };
  } finally {
    await server.stop();
  }
}

type LoadResult = Extract<LoadReport, { state: "measured" }> & { total: number; before: Usage; after: Usage };

function runLoad(server: ServerProcess, contender: Contender, options: MeasureOptions): Promise<LoadResult> {
  const { timing, connections, traffic } = options;
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
  const file = (options.load ?? new URL("./load.ts", import.meta.url)).pathname;
  const loadArguments = [server.port, connections, timing.warmUp, timing.measured, traffic.href, contender.traffic].map(String);
  const [command, commandArguments] = onCore(contender.pinned ? LOAD_CORE : "any", [file, ...loadArguments]);
  const load = spawn(command, commandArguments, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let before: Usage | undefined;
  let window: Omit<LoadResult, "total"> | undefined;
  load.on("message", (report: LoadReport) => {
    try {
      if (report.state === "measuring") before = server.usage();
      else if (report.state === "measured" && before !== undefined) window = { ...report, before, after: server.usage() };
      else if (report.state === "finished" && window !== undefined) resolve({ ...window, total: report.total });
      else if (report.state === "failed") reject(new Error(`${contender.id}: ${report.reason}`));
    } catch (error) {
      reject(new Error(`${contender.id} died under load`, { cause: error }));
    }
  });
  load.on("error", reject);
  load.on("exit", (code) => reject(new Error(`the load on ${contender.id} ended early with code ${code}`)));
  return promise;
}
