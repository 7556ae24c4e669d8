import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { DataTemplate } from "./data-template.ts";
import { type OwnProgram, optionsOf, programEnvironment, requireProgram } from "./own-program.ts";

const run = promisify(execFile);

const template = new DataTemplate();

/** `mariadbd`. @throws E_TESTING_PROGRAM_MISSING */
export async function findMariadb(): Promise<OwnProgram> {
  return {
    path: await requireProgram("mariadbd"),
    runAs: {},
    stopSignal: "SIGTERM",
    prepare: (folder) => template.copyTo(folder, initialize),
    args: (folder, port, settings) => [
      ...storage(folder),
      `--socket=${join(folder, "socket")}`,
      ...optionsOf({ ...SETTINGS, port: String(port), ...settings }),
    ],
    url: (port) => `mysql://root@127.0.0.1:${port}`,
  };
}

const SETTINGS = {
  "bind-address": "127.0.0.1",
  "skip-name-resolve": "1",
  // The log is written at each commit, but not synced: after a kill the system still has it. The double-write buffer stays on, because
  // a kill may tear a page.
  "innodb-flush-log-at-trx-commit": "2",
  "innodb-buffer-pool-dump-at-shutdown": "0",
};

/** What both the making of the data and the server need to be told. `--no-defaults` must be the first. */
function storage(folder: string): readonly string[] {
  return [
    "--no-defaults",
    ...(process.getuid?.() === 0 ? ["--user=root"] : []),
    `--datadir=${join(folder, "data")}`,
    "--innodb-log-file-size=4M",
    "--innodb-buffer-pool-size=16M",
    "--innodb-flush-method=nosync",
  ];
}

async function initialize(folder: string): Promise<void> {
  const args = [...storage(folder), "--auth-root-authentication-method=normal", "--skip-test-db"];
  await run("mariadb-install-db", args, { cwd: folder, env: programEnvironment() });
}
