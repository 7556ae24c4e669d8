import tty from "node:tty";
import type { Program } from "./program.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** As shells count it: 128 and the number of the signal. */
const EXIT_AT_ONCE = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;
type StopSignal = keyof typeof EXIT_AT_ONCE;

/**
 * Waits for SIGTERM or SIGINT and stops the program; a second signal ends the process at once. SIGHUP has the configuration and log files
 * opened anew, as daemons do; on a terminal it means that the terminal is gone, and stops the program.
 *
 * @returns the exit code: 0 when everything ended in time
 */
export function stopOnSignal(program: Program): Promise<number> {
  return new Promise((resolve) => {
    let stopping = false;
    // Asked now: once the terminal is gone, what was one says that it is none.
    const onTerminal = tty.isatty(0);
    const stop = (signal: StopSignal): void => {
      if (stopping) {
        program.log.warn({ signal }, "stopped at once by a second signal");
        program.log.flush();
        killIfHopeless(program);
        process.exit(EXIT_AT_ONCE[signal]);
      }
      stopping = true;
      void program.stop(signal).then((clean) => {
        killIfHopeless(program);
        resolve(clean ? 0 : 1);
      });
    };
    for (const signal of SIGNALS) process.on(signal, () => stop(signal));
    process.on("SIGHUP", () => {
      if (onTerminal) stop("SIGHUP");
      else if (!stopping) void program.reload("SIGHUP");
    });
  });
}

/** Exiting waits for every thread, and would wait for ever for one that cannot be ended. */
function killIfHopeless(program: Program): void {
  if (program.hopeless().length > 0) process.kill(process.pid, "SIGKILL");
}
