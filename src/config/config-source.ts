import { type Fault, PlinthError } from "../core/mod.ts";
import type { ConfigKey, LoadedConfig } from "./contract.ts";
import { deepFreeze } from "./freeze.ts";
import { type LoadOptions, loadConfig } from "./load-config.ts";
import { isSameValue } from "./same-value.ts";
import { placeValue, valueAt } from "./value-path.ts";

/** A setting whose new value waits for a restart, as operators may see it: secrets masked. */
export interface PendingSetting {
  /** `httpThreads` */
  readonly key: string;
  readonly now: string;
  readonly wanted: string;
  /** Where the new value comes from. */
  readonly source: string;
}

/** What came of loading the configuration again. */
export interface Reload {
  /** `refused`: it has faults, and everything stays as it was. */
  readonly outcome: "changed" | "unchanged" | "refused";
  /** Keys whose new values hold now. */
  readonly changed: readonly string[];
  /** Settings that differ from what holds and need a restart, from this reload or an earlier one. */
  readonly pending: readonly PendingSetting[];
  readonly faults: readonly Fault[];
}

export interface ConfigSourceOptions<Tree> extends LoadOptions<Tree> {
  /** Looks at a configuration that is valid by itself. What it throws refuses the reload. */
  readonly check?: (loaded: LoadedConfig<Tree>) => void | Promise<void>;
}

/**
 * A configuration that can be loaded again while the program runs. It is checked first and then replaced whole, or not at all. Only
 * settings declared with `reload: "live"` take new values; one that needs a restart keeps its value, so that no part of the program sees
 * another world than the rest, and is reported as pending.
 */
export class ConfigSource<Tree> {
  readonly #options: ConfigSourceOptions<Tree>;
  #current: LoadedConfig<Tree>;
  #pending: readonly PendingSetting[] = [];
  #running: Promise<Reload> | undefined;
  #queued: Promise<Reload> | undefined;

  /** @param loaded what the same options were loaded to at the start */
  constructor(options: ConfigSourceOptions<Tree>, loaded: LoadedConfig<Tree>) {
    this.#options = options;
    this.#current = loaded;
  }

  get current(): LoadedConfig<Tree> {
    return this.#current;
  }

  get pending(): readonly PendingSetting[] {
    return this.#pending;
  }

  /** Never rejects for what is wrong with the configuration. Calls while one runs share the next, which sees what they saw. */
  reload(): Promise<Reload> {
    if (this.#running === undefined) return (this.#running = this.#reload().finally(() => (this.#running = undefined)));
    return (this.#queued ??= this.#running.then(
      () => this.#next(),
      () => this.#next(),
    ));
  }

  #next(): Promise<Reload> {
    this.#queued = undefined;
    return this.reload();
  }

  async #reload(): Promise<Reload> {
    let next: LoadedConfig<Tree>;
    try {
      // The environment was decided at the start.
      next = await loadConfig({ ...this.#options, environment: this.#current.environment });
      await this.#options.check?.(next);
    } catch (thrown) {
      if (!(thrown instanceof PlinthError)) throw thrown;
      const faults = thrown.faults ?? [{ in: "configuration", pointer: "", detail: thrown.message }];
      return { outcome: "refused", changed: [], pending: this.#pending, faults };
    }
    return this.#swap(next);
  }

  #swap(next: LoadedConfig<Tree>): Reload {
    const current = this.#current;
    const values = {};
    const provenance: Record<string, string> = {};
    const changed: string[] = [];
    const pending: PendingSetting[] = [];
    for (const key of current.schema.keys) {
      const [now, wanted] = [valueAt(current.values, key.path), valueAt(next.values, key.path)];
      const source = next.provenance[key.name] as string;
      const same = isSameValue(now, wanted);
      const taken = same || key.setting.options.reload === "live";
      if (!same && taken) changed.push(key.name);
      if (!taken) pending.push({ key: key.name, now: show(key, now), wanted: show(key, wanted), source });
      placeValue(values, key.path, taken ? wanted : now);
      // The environment is not decided anew, so where it came from stays what it was.
      const keeps = !taken || key.name === "environment";
      provenance[key.name] = keeps ? (current.provenance[key.name] as string) : source;
    }
    this.#pending = pending;
    this.#current = Object.freeze({ ...current, values: deepFreeze(values) as typeof current.values, provenance });
    return { outcome: changed.length > 0 ? "changed" : "unchanged", changed, pending, faults: [] };
  }
}

function show({ setting }: ConfigKey, value: unknown): string {
  return value === undefined ? "-" : setting.show(value);
}
