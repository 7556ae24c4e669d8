import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type OwnProgram, requireProgram } from "./own-program.ts";

/** `redis-server`: all in memory, unless the settings say `appendonly`. @throws E_TESTING_PROGRAM_MISSING */
export async function findRedis(): Promise<OwnProgram> {
  return {
    path: await requireProgram("redis-server"),
    runAs: {},
    stopSignal: "SIGTERM",
    prepare: (folder) => mkdir(join(folder, "data")),
    args: (folder, port, settings) =>
      Object.entries({ bind: "127.0.0.1", port: String(port), dir: join(folder, "data"), save: "", ...settings }).flatMap(
        ([name, value]) => [`--${name}`, value],
      ),
    url: (port) => `redis://127.0.0.1:${port}`,
  };
}
