import { accessSync, constants, existsSync, readFileSync, statSync, statfsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { DoctorCheck } from "../../app/mod.ts";
import type { Finding } from "../../core/mod.ts";

const MEGABYTE = 1_048_576;
/** What a thread needs with some work to do. */
const THREAD_BYTES = 64 * MEGABYTE;
const LEAST_FREE_BYTES = 512 * MEGABYTE;
/** A connection is an open file. */
const LEAST_FILES = 4_096;

const threads: DoctorCheck = {
  name: "threads",
  examine({ config: { httpThreads, jobThreads } }) {
    const findings: Finding[] = [];
    const cores = availableParallelism(); // a container's CPU limit included
    if (httpThreads > cores) {
      findings.push({
        id: "threads-many",
        severity: "warning",
        what: `HTTP_THREADS is ${httpThreads}, and ${cores} cores may be used`,
        why: "Threads without a core take turns: every answer waits longer, and memory is spent for nothing.",
        todo: "Leave HTTP_THREADS out, or set it to the number of cores.",
      });
    }
    const limit = process.constrainedMemory();
    const needed = (httpThreads + jobThreads + 1) * THREAD_BYTES;
    if (limit > 0 && limit < needed) {
      findings.push({
        id: "memory-tight",
        severity: "warning",
        what: `the container may use ${Math.round(limit / MEGABYTE)} MB for ${httpThreads + jobThreads + 1} threads`,
        why: "The kernel kills the process without a word when it goes beyond.",
        todo: `Allow ${Math.ceil(needed / MEGABYTE)} MB or more, or fewer threads.`,
      });
    }
    return findings;
  },
};

const openFiles: DoctorCheck = {
  name: "open files",
  examine() {
    if (!existsSync("/proc/self/limits")) return [];
    const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? Infinity);
    if (limit >= LEAST_FILES) return [];
    return [
      {
        id: "open-files-few",
        severity: "warning",
        what: `the process may open ${limit} files`,
        why: "Each connection is one: beyond the limit new clients are turned away, and files cannot be read.",
        todo: "Raise it: `ulimit -n 65536`, LimitNOFILE of systemd, or the container's ulimits.",
      },
    ];
  },
};

const dataFolder: DoctorCheck = {
  name: "data folder",
  examine({ config, folder }) {
    const path = nearest(resolve(folder, config.dataFolder));
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch {
      return [
        {
          id: "data-folder-unwritable",
          severity: "error",
          what: `${config.dataFolder} cannot be written`,
          why: "The embedded database, files and generated keys live there.",
          todo: "Make it this user's, or name another by DATA_FOLDER.",
        },
      ];
    }
    const { bavail, bsize } = statfsSync(path);
    const free = bavail * bsize;
    if (free >= LEAST_FREE_BYTES) return [];
    return [
      {
        id: "disk-nearly-full",
        severity: "warning",
        what: `${config.dataFolder} has ${Math.floor(free / MEGABYTE)} MB left`,
        why: "On a full disk nothing is stored: uploads, the database and file logs fail.",
        todo: "Free some, or move DATA_FOLDER to a larger disk.",
      },
    ];
  },
};

/** The folder, or the nearest above it that is there: it is made when it is needed. */
function nearest(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearest(dirname(path));
}

/** A clock far behind cannot be seen from the machine alone, but files from the future give it away. */
const machineClock: DoctorCheck = {
  name: "clock",
  examine({ folder, clock }) {
    const manifest = join(folder, "package.json");
    const written = statSync(manifest, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (written <= clock.now() + 60_000) return [];
    return [
      {
        id: "clock-behind",
        severity: "error",
        what: "package.json was written in the future: the machine's clock is behind",
        why: "Tokens and certificates are judged by it, and other machines refuse what this one signs.",
        todo: "Set the clock, and keep it by NTP.",
      },
    ];
  },
};

export const machineChecks: readonly DoctorCheck[] = [threads, openFiles, dataFolder, machineClock];
