import { spawn } from "node:child_process";
import { readHistogramCount } from "./conformance.ts";
import type { Contender } from "./contenders.ts";
import type { LoadReport } from "./load.ts";
import { LOAD_CORE, onCore } from "./pinning.ts";
import { ServerProcess, type Usage } from "./server-process.ts";

export const CONNECTIONS = 32;

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

/** Starts a server, loads it, stops it. @throws Error when an answer was wrong, or a request was not logged or counted */
export async function measure(contender: Contender, timing: Timing, logFile: string): Promise<Figures> {
  const server = await ServerProcess.start(contender, logFile);
  try {
    const { requests, seconds, busy, total, before, after } = await runLoad(server, contender, timing);
    if (contender.production) await checkBooks(server, contender.name, total);
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

/** A server that drops log lines or counts under load would be timed doing less work. */
async function checkBooks(server: ServerProcess, name: string, total: number): Promise<void> {
  const logged = await server.countLogLines(total);
  const counted = await readHistogramCount(server.metricsUrl);
  if (logged !== total || counted !== total)
    throw new Error(`${name} answered ${total} requests, logged ${logged} and counted ${counted}`);
}

type LoadResult = Extract<LoadReport, { state: "measured" }> & { total: number; before: Usage; after: Usage };

function runLoad(server: ServerProcess, contender: Contender, timing: Timing): Promise<LoadResult> {
  const { promise, resolve, reject } = Promise.withResolvers<LoadResult>();
  const file = new URL("./load.ts", import.meta.url).pathname;
  const kind = contender.production ? "order" : "echo";
  const loadArguments = [server.port, CONNECTIONS, timing.warmUp, timing.measured, kind].map(String);
  const [command, commandArguments] = onCore(LOAD_CORE, [file, ...loadArguments]);
  const load = spawn(command, commandArguments, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let before: Usage | undefined;
  let window: Omit<LoadResult, "total"> | undefined;
  load.on("message", (report: LoadReport) => {
    try {
      if (report.state === "measuring") before = server.usage();
      else if (report.state === "measured" && before !== undefined) window = { ...report, before, after: server.usage() };
      else if (report.state === "finished" && window !== undefined) resolve({ ...window, total: report.total });
      else if (report.state === "failed") reject(new Error(`${contender.name}: ${report.reason}`));
    } catch (error) {
      reject(new Error(`${contender.name} died under load`, { cause: error }));
    }
  });
  load.on("error", reject);
  load.on("exit", (code) => reject(new Error(`the load on ${contender.name} ended early with code ${code}`)));
  return promise;
}
