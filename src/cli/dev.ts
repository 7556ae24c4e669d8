import { type ChildProcess, spawn } from "node:child_process";
import { watch } from "node:fs";

const DEBOUNCE_MS = 50;
/** Parts of a path whose changes are no reason to start again: what the app writes itself, and what tools do. */
const IGNORED = /(?:^|\/)(?:node_modules|data|dist|coverage|\.[^/]+)(?:\/|$)/;
const WATCHED = /\.(?:[cm]?[jt]s|json|ya?ml|toml)$/;

/** `plinth dev`: runs `plinth start` and starts it again when a source or configuration file changes. */
export function dev(module: string | undefined, startArguments: readonly string[]): Promise<number> {
  const command = [
    ...process.execArgv,
    process.argv[1] as string,
    "start",
    ...(module === undefined ? [] : [module]),
    ...startArguments,
  ];
  let child: ChildProcess | undefined;
  let restarting = false;
  let stopping = false;

  return new Promise((resolve) => {
    const launch = (): void => {
      child = spawn(process.execPath, command, { stdio: "inherit" });
      child.on("exit", (code) => {
        child = undefined;
        if (stopping) resolve(code ?? 1);
        else if (restarting) {
          restarting = false;
          launch();
        } else process.stderr.write(`the app ended (${code ?? "signal"}); it starts again with the next change\n`);
      });
    };
    const restart = (): void => {
      if (stopping || restarting) return;
      if (child === undefined) return launch();
      restarting = true;
      child.kill("SIGTERM");
    };
    const watcher = onChange(process.cwd(), restart);
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        stopping = true;
        watcher.close();
        if (child === undefined) resolve(0);
        // An interrupt from the terminal has reached the child already; a second one would end it at once.
        else if (signal === "SIGTERM" || !process.stdin.isTTY) child.kill(signal);
      });
    }
    launch();
  });
}

/** Calls back once for each burst of changes to files that matter. */
function onChange(folder: string, callback: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  return watch(folder, { recursive: true }, (_event, file) => {
    if (file === null || IGNORED.test(file) || !WATCHED.test(file)) return;
    clearTimeout(timer);
    timer = setTimeout(callback, DEBOUNCE_MS);
  });
}
