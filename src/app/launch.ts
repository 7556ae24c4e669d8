import type { NewProgram, ProgramOptions } from "./program.ts";
import { Signals } from "./signals.ts";
import { beginThreads } from "./threads/thread-pool.ts";

export interface Launched {
  /** It obeys signals already. */
  readonly program: NewProgram;
  /** The exit code, once a signal has stopped it. */
  readonly ended: Promise<number>;
}

/**
 * Loads an app and its configuration in a process that is nothing but the program, and listens nowhere yet. Threads come first: they load the
 * app's code while this one still loads Plinth's, and do so the sooner the less was loaded before.
 *
 * @throws E_CONFIG_INVALID, E_APP_MODULE_MISSING, E_APP_MODULE_FAILED, E_APP_MODULE_INVALID
 */
export async function launch(options: ProgramOptions): Promise<Launched> {
  const signals = new Signals();
  const pool = beginThreads(options);
  const { createProgram } = await import("./program.ts");
  const program = await createProgram(options, pool);
  return { program, ended: signals.obey(program) };
}
