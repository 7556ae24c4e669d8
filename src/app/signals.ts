import tty from "node:tty";
import type { Program } from "./program.ts";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
/** As shells count it: 128 and the number of the signal. */
const EXIT_AT_ONCE = { SIGTERM: 143, SIGINT: 130, SIGHUP: 129 } as const;
type StopSignal = keyof typeof EXIT_AT_ONCE;

/**
 * Listens for signals from now on. SIGTERM and SIGINT stop the program, also while it starts; a second one ends the process at once. SIGHUP has
 * the configuration and log files opened anew, as daemons do; on a terminal it means that the terminal is gone, and stops the program.
 */
export class Signals {
  // Asked now: once the terminal is gone, what was one says that it is none.
  readonly #onTerminal: boolean = tty.isatty(0);
  readonly #ended = Promise.withResolvers<number>();
  #program: Program | undefined;
  #stopping = false;
  #reloadWanted = false;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, () => this.#stop(signal));
    process.on("SIGHUP", () => (this.#onTerminal ? this.#stop("SIGHUP") : this.#reload()));
  }

  /**
   * The program to be stopped or reloaded; it may still be starting. A reload that was asked for earlier follows now.
   *
   * @returns the exit code, once a signal has stopped it: 0 when everything ended in time
   */
  obey(program: Program): Promise<number> {
    this.#program = program;
    if (this.#reloadWanted) this.#reload();
    return this.#ended.promise;
  }

  #stop(signal: StopSignal): void {
    const program = this.#program;
    if (program === undefined) {
      // Nothing has started, and there is no log yet.
      process.stderr.write(`stopped by ${signal} before the app was loaded\n`);
      process.exit(0);
    }
    if (this.#stopping) {
      program.log.warn({ signal }, "stopped at once by a second signal");
      program.log.flush();
      endBy(signal, program);
      return;
    }
    this.#stopping = true;
    void program.stop(signal).then((clean) => {
      if (program.hopeless().length > 0) endBy("SIGKILL", program);
      this.#ended.resolve(clean ? 0 : 1);
    });
  }

  #reload(): void {
    if (this.#program === undefined) this.#reloadWanted = true;
    else if (!this.#stopping) void this.#program.reload("SIGHUP");
  }
}

/**
 * Ends the process without waiting for its threads. Exiting joins each of them, for ever where one is deep in native code, and for seconds
 * nobody knows which are.
 */
function endBy(signal: StopSignal | "SIGKILL", program: Program): void {
  process.removeAllListeners(signal);
  for (const last of new Set([signal, "SIGKILL"])) process.kill(process.pid, last);
  // Only the first process of a container comes here: what such a one sends itself, the kernel does not deliver.
  if (program.hopeless().length > 0) process.abort();
  if (signal !== "SIGKILL") process.exit(EXIT_AT_ONCE[signal]);
}
