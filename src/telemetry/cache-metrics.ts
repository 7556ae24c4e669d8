import { openTypedChannel } from "../core/mod.ts";
import type { Counter } from "./instrument.ts";
import type { Registry } from "./registry.ts";
import type { CounterSeries } from "./series.ts";

/** What the cache room announces of a cache; the part that is counted. All numbers but `entries`, `bytes` and `unsent` are totals. */
export interface CountedCache {
  readonly cache: string;
  /** Tells caches of one name in one thread apart. */
  readonly instance: symbol;
  readonly stats: {
    readonly namespaces: Readonly<Record<string, CountedNamespace>>;
    readonly store: "none" | "up" | "down";
    readonly storeErrors: number;
    readonly unsent: number;
  };
}

export interface CountedNamespace {
  readonly memoryHits: number;
  readonly storeHits: number;
  readonly staleHits: number;
  readonly misses: number;
  readonly factoryCalls: number;
  readonly factoryErrors: number;
  readonly leaseWaits: number;
  readonly refused: number;
  readonly corrupt: number;
  readonly entries: number;
  readonly bytes: number;
}

const OUTCOMES = { memory: "memoryHits", store: "storeHits", stale: "staleHits", miss: "misses" } as const;
const LABELS = ["cache", "cache_namespace"] as const;

/**
 * Counts what the cache room announces, whichever caches there are. Reads are announced as totals every five seconds, so a hit costs nothing
 * for being counted. Returns the end of it.
 *
 * @throws E_TELEMETRY_SEGMENT_FULL
 * @example
 * const stop = observeCaches(createRegistry());
 */
export function observeCaches(registry: Registry): () => void {
  const total = (name: string, help: string): Counter<typeof LABELS> => registry.counter({ name, help, labels: LABELS });
  const reads = registry.counter({
    name: "cache_reads_total",
    help: "Values that were asked for, by where they were found.",
    labels: [...LABELS, "outcome"],
  });
  const totals: Readonly<Partial<Record<keyof CountedNamespace, Counter<typeof LABELS>>>> = {
    factoryCalls: total("cache_factory_calls_total", "Values that were made."),
    factoryErrors: total("cache_factory_errors_total", "Values that could not be made."),
    leaseWaits: total("cache_lease_waits_total", "Waits for a value that another thread or machine was making."),
    refused: total(
      "cache_refused_values_total",
      "Values that were not kept: what they were made of had been invalidated meanwhile.",
    ),
    corrupt: total("cache_corrupt_values_total", "Values of the store that could not be read."),
  };
  const entries = registry.gauge({ name: "cache_entries", help: "Values in memory.", labels: LABELS });
  const bytes = registry.gauge({ name: "cache_memory_bytes", help: "Memory that values take.", unit: "bytes", labels: LABELS });
  const storeErrors = registry.counter({ name: "cache_store_errors_total", help: "Failures of the store.", labels: ["cache"] });
  const storeDown = registry.gauge({
    name: "cache_store_down_threads",
    help: "Threads that do without the store, because it does not answer.",
    labels: ["cache"],
  });
  const unsent = registry.gauge({
    name: "cache_unsent_invalidations",
    help: "Invalidations that the store has not been told yet.",
    labels: ["cache"],
  });

  const seen = new WeakMap<symbol, Map<string, number>>();
  return openTypedChannel<CountedCache>("plinth:cache:counted").subscribe(({ cache, instance, stats }) => {
    const before = seen.get(instance) ?? new Map<string, number>();
    seen.set(instance, before);
    /** Brings a counter to a total. One that is smaller than the last begins anew: the cache was started again. */
    const grow = (what: readonly string[], series: CounterSeries, sum: number): void => {
      const key = what.join("\n");
      const last = before.get(key) ?? 0;
      before.set(key, sum);
      series.add(sum < last ? sum : sum - last);
    };
    for (const [namespace, counted] of Object.entries(stats.namespaces)) {
      for (const [outcome, field] of Object.entries(OUTCOMES))
        grow([namespace, field], reads.with(cache, namespace, outcome), counted[field]);
      for (const [field, counter] of Object.entries(totals))
        grow([namespace, field], counter.with(cache, namespace), counted[field as keyof CountedNamespace]);
      entries.set(counted.entries, cache, namespace);
      bytes.set(counted.bytes, cache, namespace);
    }
    grow([], storeErrors.with(cache), stats.storeErrors);
    storeDown.set(stats.store === "down" ? 1 : 0, cache);
    unsent.set(stats.unsent, cache);
  });
}
