import { spawn } from "node:child_process";
import { Socket } from "node:net";
import { join } from "node:path";

/** Waits for the end of the process that started it, however it ends: then its standard input ends too. */
const SCRIPT = `
read -r _
pid=$(cat "$1/pid" 2>/dev/null) && kill -9 "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
rm -rf "$1"
`;

/** The watch over a folder. */
export interface FolderGuard {
  /** Ends the watch. The folder is left as it is. */
  dismiss(): void;
}

/**
 * Sees to it that a folder goes away at the end of this process, also at SIGKILL, and with it the server whose process id is in `<folder>/pid`.
 */
export function guardFolder(folder: string): FolderGuard {
  // In a group of its own: an interrupt from the terminal must not end it before its work is done.
  const guard = spawn("/bin/sh", ["-c", SCRIPT, "guard", folder], {
    env: { PATH: "/usr/bin:/bin" },
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return { dismiss: () => void guard.kill("SIGKILL") };
}

/** Where the guard looks for the server's process id. */
export function pidFile(folder: string): string {
  return join(folder, "pid");
}
