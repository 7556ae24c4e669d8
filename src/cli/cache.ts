import type { CacheExplanation, EntryExplanation, ProcessStats } from "../cache/mod.ts";
import { formatDuration } from "../core/mod.ts";
import type { AdminOptions } from "./options.ts";
import { callService } from "./service-action.ts";
import { formatTable } from "./table.ts";

export interface CacheVerbOptions extends AdminOptions {
  readonly json?: boolean;
  /** The name of the app's cache. */
  readonly service?: string;
}

export interface ClearOptions extends CacheVerbOptions {
  readonly tag?: string;
}

/** `plinth cache explain <namespace> <key>`. */
export async function explainKey(namespace: string, key: string, options: CacheVerbOptions): Promise<string> {
  const found = await ask<CacheExplanation>(options, "explain", { namespace, key });
  if (options.json === true) return asJson(found);
  const { memory, store, leaseHolder, storageKey } = found;
  const rows = [describe("memory", memory), describe("store", store)];
  const maker = leaseHolder === undefined ? "" : `being made by ${leaseHolder}\n`;
  return `${storageKey}\n${formatTable(["WHERE", "STATE", "AGE", "FRESH FOR", "GONE IN", "BYTES", "TAGS"], rows)}${maker}`;
}

function describe(where: string, entry: EntryExplanation | undefined): readonly string[] {
  if (entry === undefined) return [where, "absent"];
  const { state, age, freshFor, staleFor, bytes, tags, negative } = entry;
  if (state === "invalid") return [where, state];
  const shown = negative ? `${state}, says there is none` : state;
  return [where, shown, span(age), span(freshFor), span(staleFor), String(bytes), tags.join(" ")];
}

const span = (milliseconds: number): string => formatDuration(Math.max(0, Math.round(milliseconds / 1_000)) * 1_000);

/** `plinth cache clear [namespace]`. */
export async function clearCache(namespace: string | undefined, options: ClearOptions): Promise<string> {
  const { tag } = options;
  const done = await ask<{ readonly cleared: readonly string[]; readonly unsent: number }>(options, "clear", { namespace, tag });
  if (options.json === true) return asJson(done);
  const { cleared, unsent } = done;
  const owed =
    unsent === 0
      ? ""
      : `in this process: the store is away, and it and other machines will be told when it is back (${countUnsent(unsent)})\n`;
  return `forgotten: ${cleared.join(", ")}\n${owed}`;
}

/** `plinth cache stats`. */
export async function cacheStats(options: CacheVerbOptions): Promise<string> {
  const stats = await ask<ProcessStats>(options, "stats", {});
  if (options.json === true) return asJson(stats);
  const rows = Object.entries(stats.namespaces).map(([name, counted]) => {
    const { memoryHits, storeHits, staleHits, misses } = counted;
    const reads = memoryHits + storeHits + staleHits + misses;
    const rate = reads === 0 ? "-" : `${Math.round(((reads - misses) / reads) * 100)} %`;
    const counts = [memoryHits, storeHits, staleHits, misses, counted.factoryCalls, counted.factoryErrors];
    return [name, rate].concat([...counts, counted.entries, counted.bytes].map(String));
  });
  const headings = ["NAMESPACE", "HITS", "MEMORY", "STORE", "STALE", "MISSES", "MADE", "FAILED", "ENTRIES", "BYTES"];
  const { threads, store, storeErrors, unsent } = stats;
  const owed = unsent === 0 ? "" : `, ${countUnsent(unsent)}`;
  return `${formatTable(headings, rows)}\n${threads} threads; store ${store}, ${storeErrors} errors${owed}\n`;
}

function countUnsent(unsent: number): string {
  return `${unsent} ${unsent === 1 ? "invalidation" : "invalidations"} to be sent`;
}

function ask<Answer>({ service = "cache", ...options }: CacheVerbOptions, action: string, input: object): Promise<Answer> {
  return callService<Answer>(options, { service, action, input });
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
