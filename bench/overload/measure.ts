import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LOAD_CORE, onCore } from "../harness/pinning.ts";
import type { ServerProcess, Usage } from "../harness/server-process.ts";
import type { OverloadReport, PathReport } from "./load.ts";

/** Lengths in milliseconds. */
export interface Timing {
  readonly warmUp: number;
  readonly measured: number;
}

/** One load on one server. */
export interface Measurement {
  readonly paths: readonly PathReport[];
  readonly seconds: number;
  /** What the server used in the window. */
  readonly cpuSeconds: number;
  /** Share of the window in which the load itself was on a CPU. Near 1 it would be the bottleneck. */
  readonly loadBusy: number;
}

/** Loads a server at a fixed rate. */
export function measure(
  server: ServerProcess,
  { rate, paths, timing }: { readonly rate: number; readonly paths: readonly string[]; readonly timing: Timing },
): Promise<Measurement> {
  const { promise, resolve, reject } = Promise.withResolvers<Measurement>();
  const file = fileURLToPath(new URL("./load.ts", import.meta.url));
  const loadArguments = [server.port, Math.round(rate), timing.warmUp, timing.measured].map(String);
  const [command, commandArguments] = onCore(LOAD_CORE, [file, ...loadArguments, paths.join(",")]);
  const load = spawn(command, commandArguments, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  let before: Usage | undefined;
  let window: Omit<Measurement, "paths"> | undefined;
  load.on("message", (report: OverloadReport) => {
    if (report.state === "measuring") before = server.usage();
    else if (report.state === "measured" && before !== undefined) {
      const cpuSeconds = server.usage().cpuSeconds - before.cpuSeconds;
      window = { cpuSeconds, loadBusy: report.busy, seconds: timing.measured / 1_000 };
    } else if (report.state === "finished" && window !== undefined) resolve({ ...window, paths: report.paths });
  });
  load.on("error", reject);
  load.on("exit", (code) => reject(new Error(`the load ended early with code ${code}`)));
  return promise;
}
