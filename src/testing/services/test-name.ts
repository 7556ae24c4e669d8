import { randomBytes } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What dead runs left behind goes away after this, in seconds. */
const LEFTOVER_AGE = 3_600;

/** `plinth_test_<seconds since 1970>_<random>`: who finds one later knows how old it is. Good for databases and for folders. */
export function createTestName(): string {
  return `plinth_test_${seconds()}_${randomBytes(6).toString("hex")}`;
}

/** Whether a name is one of {@link createTestName}, made by a run that must be over. */
export function isLeftover(name: string): boolean {
  const made = /^plinth_test_(\d+)_[0-9a-f]+$/.exec(name)?.[1];
  return made !== undefined && seconds() - Number(made) > LEFTOVER_AGE;
}

/** Not by `Date`: in a test that moves it, what others use now would look old. */
function seconds(): number {
  return Math.floor((performance.timeOrigin + performance.now()) / 1_000);
}

/** An empty folder for a test, for this user alone. Old ones of dead runs go away. */
export async function createTestFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) if (isLeftover(name)) await removeLeftover(join(tmpdir(), name));
  const folder = join(tmpdir(), createTestName());
  await mkdir(folder, { mode: 0o700 });
  return folder;
}

async function removeLeftover(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    // Another user's: it is for that one to remove.
    if (!["EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
