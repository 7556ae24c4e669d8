import { parseDuration } from "../core/mod.ts";
import type { FactoryContext } from "./contract.ts";
import { type KeepSettings, storableTags } from "./settings.ts";

/** What a factory decides about its value while it makes it. */
export class Making {
  readonly context: FactoryContext;
  readonly #grace: number;
  #ttl: number;
  readonly #tags: Set<string>;
  #skipped = false;

  constructor(keep: KeepSettings, signal: AbortSignal) {
    this.#grace = keep.grace;
    this.#ttl = keep.ttl;
    this.#tags = new Set(keep.tags);
    this.context = {
      signal,
      setTags: (tags) => {
        for (const tag of storableTags(tags)) this.#tags.add(tag);
      },
      setTtl: (ttl) => {
        this.#ttl = parseDuration(ttl);
      },
      skip: () => {
        this.#skipped = true;
      },
    };
  }

  get keep(): KeepSettings {
    return { ttl: this.#ttl, grace: this.#grace, tags: [...this.#tags] };
  }

  get skipped(): boolean {
    return this.#skipped;
  }
}
