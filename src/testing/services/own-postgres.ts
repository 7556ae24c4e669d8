import { execFile } from "node:child_process";
import { chown, readFile, readdir, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { DataTemplate } from "./data-template.ts";
import { type OwnProgram, type RunAs, optionsOf, programEnvironment, requireProgram } from "./own-program.ts";

const run = promisify(execFile);

const template = new DataTemplate();

/** `postgres`. @throws E_TESTING_PROGRAM_MISSING */
export async function findPostgres(): Promise<OwnProgram> {
  const path = await requireProgram("postgres", await debianFolders());
  const runAs = await unprivileged();
  // Its sibling initdb must be of the same version.
  const programs = dirname(await realpath(path));
  return {
    path,
    runAs,
    stopSignal: "SIGINT",
    async prepare(folder): Promise<void> {
      await handOver(folder, runAs);
      await template.copyTo(folder, (made) => initialize(programs, made, runAs));
    },
    args: (folder, port, settings) => [
      `-D${join(folder, "data")}`,
      ...optionsOf({ ...SETTINGS, port: String(port), ...settings }),
    ],
    url: (port) => `postgres://postgres@127.0.0.1:${port}/postgres`,
  };
}

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  shared_buffers: "16MB",
  // After a kill the system still has what was written: only a power cut would lose it. Whole pages stay on, because a kill may tear one.
  fsync: "off",
};

/** Debian keeps the server off the PATH. The newest first. */
async function debianFolders(): Promise<readonly string[]> {
  const root = "/usr/lib/postgresql";
  const versions = await readdir(root).catch(() => []);
  return versions.toSorted((a, b) => Number(b) - Number(a)).map((version) => join(root, version, "bin"));
}

/** PostgreSQL refuses to run as root: then it runs as its own user, else as nobody. */
async function unprivileged(): Promise<RunAs> {
  if (process.getuid?.() !== 0) return {};
  const users = await readFile("/etc/passwd", "utf8");
  const entry = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? /^nobody:[^:]*:(\d+):(\d+):/m.exec(users);
  return entry === null ? {} : { uid: Number(entry[1]), gid: Number(entry[2]) };
}

async function handOver(folder: string, { uid, gid }: RunAs): Promise<void> {
  if (uid !== undefined && gid !== undefined) await chown(folder, uid, gid);
}

async function initialize(programs: string, folder: string, runAs: RunAs): Promise<void> {
  await handOver(folder, runAs);
  const args = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"];
  await run(join(programs, "initdb"), [...args, `--pgdata=${join(folder, "data")}`], {
    ...runAs,
    cwd: folder,
    env: programEnvironment(),
  });
}
