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
 * `createProgram` for a process that is nothing but the program. Its threads come first: they load the app's code while this one still loads
 * Plinth's. Import it past the door of this room, which would have loaded that by then.
 *
 * @throws what `createProgram` throws
 */
export async function launch(options: ProgramOptions): Promise<Launched> {
  const signals = new Signals();
  const pool = beginThreads(options);
  const { createProgram } = await import("./program.ts");
  const program = await createProgram(options, pool);
  return { program, ended: signals.obey(program) };
}
