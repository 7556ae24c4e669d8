import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";
import { watch } from "./watch.ts";

/**
 * `plinth dev`: runs `plinth start` and starts it again when a file of the app changes.
 *
 * @param startArguments what was given to `dev`: `start` takes the same
 * @returns the app's exit code, once a signal has stopped both
 */
export function dev(startArguments: readonly string[]): Promise<number> {
  const command = [...process.execArgv, process.argv[1] as string, "start", ...startArguments];
  let child: ChildProcess | undefined;
  let restarting = false;
  let stopping = false;

  return new Promise((resolve) => {
    const launch = (): void => {
      child = spawn(process.execPath, command, { stdio: "inherit" });
      child.on("exit", (code, signal) => {
        child = undefined;
        if (stopping) resolve(code ?? 128 + constants.signals[signal as NodeJS.Signals]);
        else if (restarting) {
          restarting = false;
          launch();
        } else process.stderr.write(`the app ended (${code ?? signal}); it starts again with the next change\n`);
      });
    };
    const restart = (): void => {
      if (stopping || restarting) return;
      if (child === undefined) return launch();
      restarting = true;
      child.kill("SIGTERM");
    };
    const watcher = watch(process.cwd(), restart);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        const first = !stopping;
        stopping = true;
        watcher.close();
        if (child === undefined) return resolve(0);
        // A second signal ends an app at once. Its first one may have come from the terminal already, or from a restart.
        const knows = (signal === "SIGINT" && process.stdin.isTTY) || (restarting && first);
        if (!knows) child.kill(signal);
      });
    }
    // However this process ends, the app does not stay behind.
    process.on("exit", () => child?.kill("SIGTERM"));
    launch();
  });
}
