import { processEnvironment } from "../../config/mod.ts";
import { errors } from "../errors.ts";
import { findProgram } from "./find-program.ts";

/** The user that a program runs as, where it must not be this process's. */
export interface RunAs {
  readonly uid?: number;
  readonly gid?: number;
}

/** How a server program of this machine is run. Its data are in `<folder>/data`. */
export interface OwnProgram {
  readonly path: string;
  readonly runAs: RunAs;
  /** The signal that ends it in good order. */
  readonly stopSignal: NodeJS.Signals;
  /** Puts a fresh data folder there. */
  prepare(folder: string): Promise<void>;
  args(folder: string, port: number, settings: Settings): readonly string[];
  url(port: number): string;
}

/** Options of a program's command line, by their names without dashes. */
export type Settings = Readonly<Record<string, string>>;

/** `--name=value` for each. */
export function optionsOf(settings: Settings): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

/** All that the programs get of this process's environment. */
export function programEnvironment(): Record<string, string | undefined> {
  return { PATH: processEnvironment()["PATH"], LC_ALL: "C" };
}

/** The path of a program, also looked for in `folders`. @throws E_TESTING_PROGRAM_MISSING */
export async function requireProgram(name: string, folders: readonly string[] = []): Promise<string> {
  const path = await findProgram(name, folders);
  if (path !== undefined) return path;
  throw errors.PROGRAM_MISSING({ program: name });
}
