import { constants, accessSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A program to test with, or why there is none. */
export type BinaryOutcome = { readonly path: string; readonly skip: false } | { readonly path: undefined; readonly skip: string };

/** Finds a program on the PATH. */
export function requireBinary(name: string, env: NodeJS.ProcessEnv = process.env): BinaryOutcome {
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    if (folder === "") continue;
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return { path, skip: false };
    } catch {
      // not in this folder
    }
  }
  return { path: undefined, skip: `there is no ${name} on the PATH` };
}
