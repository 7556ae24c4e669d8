import type { NamespaceStats } from "./contract.ts";

/** Where a value that was asked for was found; `miss` when it had to be made, or there was none. */
export type ReadOutcome = "memory" | "store" | "stale" | "miss";

/** What happened in a namespace of this thread. */
export class Counters {
  memoryHits = 0;
  storeHits = 0;
  staleHits = 0;
  misses = 0;
  factoryCalls = 0;
  factoryErrors = 0;
  leaseWaits = 0;
  refused = 0;
  corrupt = 0;

  snapshot(entries: number, bytes: number): NamespaceStats {
    const { memoryHits, storeHits, staleHits, misses, factoryCalls, factoryErrors, leaseWaits, refused, corrupt } = this;
    return {
      memoryHits,
      storeHits,
      staleHits,
      misses,
      factoryCalls,
      factoryErrors,
      leaseWaits,
      refused,
      corrupt,
      entries,
      bytes,
    };
  }
}
