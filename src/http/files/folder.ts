import { realpathSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import { errors } from "../errors.ts";
import type { FileSource } from "./file-source.ts";
import { openFile } from "./open-file.ts";
import { safeSegments } from "./safe-path.ts";

/** A folder of which files are served, and nothing that lies outside it. */
export class Folder {
  /** Without symbolic links. */
  readonly #root: string;

  /** @throws E_HTTP_FOLDER_MISSING */
  constructor(path: string) {
    const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
    if (!isFolder) throw errors.FOLDER_MISSING({ path });
    this.#root = realpathSync(path);
  }

  /**
   * Opens a file. Links are followed before anything is decided: what is checked is what is opened (lesson: CVE-2026-7120).
   *
   * @param path decoded, relative, with slashes
   * @returns undefined for what is not a plain file in this folder
   */
  async open(path: string): Promise<FileSource | undefined> {
    const segments = safeSegments(path);
    if (segments === null) return undefined;
    // What cannot be resolved is not there, or not ours to read.
    const real = await realpath([this.#root, ...segments].join(sep)).catch(() => undefined);
    if (real === undefined) return undefined;
    const inside = relative(this.#root, real).split(sep).join("/");
    return safeSegments(inside) === null ? undefined : openFile(real, { followLink: false });
  }
}
