import { hash } from "node:crypto";

/** Texts remembered as seen once, per database. */
const MAX_SEEN = 2_000;

/**
 * Which statements are worth a name on the server. A text that comes a second time is: texts that are made anew each time (lists of
 * different lengths in them) would push the useful ones out.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seen = new Set<string>();
  /** Turned off for good when something between us and the server cannot keep names apart. */
  enabled = true;

  /** The name for a text; undefined when it is to be sent without. */
  find(sql: string): string | undefined {
    if (!this.enabled) return undefined;
    const name = this.#names.get(sql);
    if (name !== undefined) return name;
    if (this.#seen.delete(sql)) return this.#add(sql);
    bound(this.#seen);
    this.#seen.add(sql);
    return undefined;
  }

  /** Names come from the text, so that all connections give the same one. */
  #add(sql: string): string {
    const name = `plinth_${hash("sha256", sql).slice(0, 24)}`;
    bound(this.#names);
    this.#names.set(sql, name);
    return name;
  }
}

function bound(entries: Set<string> | Map<string, string>): void {
  if (entries.size < MAX_SEEN) return;
  for (const oldest of entries.keys()) {
    entries.delete(oldest);
    return;
  }
}
