import { access, constants, open } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { processEnvironment } from "../../config/mod.ts";

/**
 * The path of a program on the `PATH`, or in one of the folders behind it.
 *
 * Scripts do not count: they wrap the program, and then signals would not reach it.
 */
export async function findProgram(name: string, folders: readonly string[] = []): Promise<string | undefined> {
  const onPath = (processEnvironment()["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...onPath, ...folders]) {
    const path = join(folder, name);
    if ((await isExecutable(path)) && !(await isScript(path))) return path;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function isScript(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return buffer.toString("latin1") === "#!";
}
