import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { guardFolder } from "./guard-folder.ts";
import { createTestFolder } from "./test-name.ts";

const run = promisify(execFile);

/** Fresh data of a server, made once per process and then copied: making takes seconds. */
export class DataTemplate {
  #made: Promise<string> | undefined;

  /**
   * Puts the data into `<folder>/data`.
   *
   * @param make fills `<folder>/data` of an empty folder
   */
  async copyTo(folder: string, make: (folder: string) => Promise<void>): Promise<void> {
    this.#made ??= this.#make(make);
    // Node's own copy would not keep the owner.
    await run("cp", ["-a", join(await this.#made, "data"), folder]);
  }

  async #make(make: (folder: string) => Promise<void>): Promise<string> {
    const folder = await createTestFolder();
    guardFolder(folder);
    await make(folder);
    return folder;
  }
}
