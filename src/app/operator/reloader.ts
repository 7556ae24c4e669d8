import { type ConfigSource, type PendingSetting, type Reload, describeFault } from "../../config/mod.ts";
import type { Clock } from "../../core/mod.ts";
import type { Logger } from "../../log/contract.ts";
import type { Broadcast } from "../broadcast.ts";
import { publishConfig } from "../live-config.ts";

export interface ReloaderOptions {
  readonly source: ConfigSource<unknown>;
  readonly broadcast: Broadcast;
  readonly clock: Clock;
  /** Always written, whatever the level. */
  readonly log: Logger;
  /** For what matters only to those who look closely. */
  readonly details: Logger;
}

/** What a reload came to, for people. */
export interface ReloadReport {
  readonly outcome: Reload["outcome"];
  /** Keys whose new values hold now. */
  readonly changed: readonly string[];
  /** A sentence each. */
  readonly faults: readonly string[];
  readonly pending: readonly PendingSetting[];
}

/** How the configuration of the running program stands to its files. */
export interface ConfigStatus {
  /** Settings that the files have other values for, which need a restart. */
  readonly pending: readonly PendingSetting[];
  /** The last reload; absent when there was none. */
  readonly last?: { readonly at: string; readonly reason: string; readonly outcome: string; readonly faults: readonly string[] };
}

/** Loads the configuration again when it is asked to, tells all threads, and says in the log what came of it. */
export class Reloader {
  readonly #options: ReloaderOptions;
  #waiting = "[]";
  #last: ConfigStatus["last"];

  constructor(options: ReloaderOptions) {
    this.#options = options;
    publishConfig(options.broadcast, options.source.current.values);
  }

  get status(): ConfigStatus {
    const { pending } = this.#options.source;
    return this.#last === undefined ? { pending } : { pending, last: this.#last };
  }

  /** @param reason who or what asked for it */
  async reload(reason: string): Promise<ReloadReport> {
    const { source, broadcast, clock, log, details } = this.#options;
    const began = clock.monotonic();
    const { outcome, changed, pending, faults } = await source.reload();
    const waiting = pending.map(({ key }) => key);
    details.debug(
      { reason, outcome, changed, waiting, durationMs: Math.round(clock.monotonic() - began) },
      "configuration loaded again",
    );
    const report = { outcome, changed, faults: faults.map(describeFault), pending };
    this.#last = { at: new Date(clock.now()).toISOString(), reason, outcome, faults: report.faults };
    if (outcome === "refused") {
      log.warn({ reason, faults: report.faults }, "the configuration has faults and was not reloaded");
      return report;
    }
    if (outcome === "changed") {
      publishConfig(broadcast, source.current.values);
      log.info({ reason, changed }, "the configuration was reloaded");
    }
    this.#reportWaiting(pending);
    return report;
  }

  /** Once for each set of changes that wait, not at every reload. */
  #reportWaiting(pending: readonly PendingSetting[]): void {
    const keys = pending.map(({ key }) => key);
    const waiting = JSON.stringify(pending);
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    if (keys.length > 0) this.#options.log.warn({ keys }, "changes of the configuration wait for a restart");
  }
}
