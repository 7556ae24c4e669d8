import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { OwnDatabase } from "./databases.ts";

const PROGRAM = fileURLToPath(new URL("migrator-process.ts", import.meta.url));
const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));

/** A folder of migrations whose modules find this repository's packages. */
export interface MigrationFolder extends Disposable {
  readonly path: string;
  write(name: string, text: string): void;
}

export function makeMigrationFolder(files: Readonly<Record<string, string>>): MigrationFolder {
  const home = mkdtempSync(join(tmpdir(), "plinth-migrations-"));
  symlinkSync(join(REPOSITORY, "node_modules"), join(home, "node_modules"));
  writeFileSync(join(home, "package.json"), `{ "type": "module" }`);
  const folder: MigrationFolder = {
    path: home,
    write: (name, text) => writeFileSync(join(home, `${name}.ts`), text),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  };
  for (const [name, text] of Object.entries(files)) folder.write(name, text);
  return folder;
}

export interface MigratorProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

export function startMigrator(database: OwnDatabase, folder: string): MigratorProcess {
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, database.url, folder], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const read = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let text = "";
    for await (const chunk of stream.setEncoding("utf8")) text += String(chunk);
    return text;
  };
  const ended = Promise.all([read(child.stdout), read(child.stderr), once(child, "close")]).then(([stdout, stderr, [code]]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, ended };
}
