import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { type Clock, type Timer, systemClock, toError } from "../core/mod.ts";
import type { Places } from "./config-places.ts";

/** A file is often written in several steps. */
const QUIET_MS = 50;
/** However often something changes, it is looked at. */
const LONGEST_MS = 1_000;

export interface WatchOptions {
  /** Where to look; asked again after every change, which may have brought new places. */
  readonly places: () => Places;
  readonly onChange: () => void;
  /** Told when a folder cannot be watched, with a sentence; once for each reason. */
  readonly onError: (reason: string) => void;
  readonly clock?: Clock;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Which folder it is: another may stand under the same name later. */
  readonly inode: number;
}

/**
 * Calls back after a burst of changes to the files of a configuration. Folders are watched, not files: so files that appear later, that
 * are replaced by renaming, and links that are pointed elsewhere (`..data`, as Kubernetes does) are seen too.
 */
export class ConfigWatch {
  readonly #options: WatchOptions;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();
  readonly #reported = new Set<string>();
  #places: Places = new Map();
  #timer: Timer | undefined;
  #since: number | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.refresh();
  }

  /** Looks anew at which folders there are to watch. */
  refresh(): void {
    this.#places = withParents(this.#options.places());
    for (const [folder, { watcher, inode }] of this.#watched) {
      if (this.#places.has(folder) && inodeOf(folder) === inode) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
    for (const folder of this.#places.keys()) if (!this.#watched.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    const inode = inodeOf(folder);
    if (inode === undefined) return; // its parent is watched for it
    try {
      const watcher = watch(folder, { persistent: false }, (_event, name) => {
        if (this.#matters(folder, name)) this.#wake();
      });
      watcher.on("error", (error) => this.#fail(folder, error));
      this.#watched.set(folder, { watcher, inode });
    } catch (thrown) {
      this.#fail(folder, thrown);
    }
  }

  /** Names with two dots are those of links between which Kubernetes swaps. */
  #matters(folder: string, name: string | null): boolean {
    const names = this.#places.get(folder);
    return name === null || names === undefined || names.has(name) || name.startsWith("..");
  }

  #fail(folder: string, thrown: unknown): void {
    this.#watched.get(folder)?.watcher.close();
    this.#watched.delete(folder);
    const reason = `${folder} cannot be watched: ${toError(thrown).message}`;
    if (this.#reported.has(reason)) return;
    this.#reported.add(reason);
    this.#options.onError(reason);
  }

  #wake(): void {
    const now = this.#clock.monotonic();
    this.#since ??= now;
    this.#timer?.cancel();
    const wait = Math.max(0, Math.min(QUIET_MS, this.#since + LONGEST_MS - now));
    this.#timer = this.#clock.schedule(wait, () => {
      this.#since = undefined;
      this.refresh();
      this.#options.onChange();
    });
  }

  close(): void {
    this.#timer?.cancel();
    for (const { watcher } of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }
}

/** A folder that is not there is watched for in the nearest that is. */
function withParents(places: Places): Places {
  const all = new Map<string, Set<string> | undefined>();
  for (const [folder, names] of places) {
    all.set(folder, names === undefined ? undefined : new Set([...names, ...(all.get(folder) ?? [])]));
    for (let path = folder; inodeOf(path) === undefined && dirname(path) !== path; path = dirname(path)) {
      const parent = dirname(path);
      if (!all.has(parent)) all.set(parent, new Set());
      all.get(parent)?.add(basename(path));
    }
  }
  return all;
}

function inodeOf(folder: string): number | undefined {
  try {
    return statSync(folder).ino;
  } catch {
    return undefined;
  }
}
