import { openTypedChannel } from "../core/mod.ts";
import type { Registry } from "./registry.ts";

/** What the ratelimit room announces of a call that was over a limit. */
export interface RefusedByLimit {
  readonly policy: string;
  /** The limit only watches: the call passed. */
  readonly shadow: boolean;
}

/** What it announces of a call that was decided without the store. */
export interface DegradedLimit {
  readonly policy: string;
  readonly mode: string;
}

/** What it announces of a store. */
export interface ChangedLimitStore {
  readonly store: string;
  readonly state: "up" | "down";
}

/**
 * Counts what the ratelimit room announces, whichever limits there are. Returns the end of it.
 *
 * @throws E_TELEMETRY_SEGMENT_FULL
 * @example
 * const stop = observeLimits(createRegistry());
 */
export function observeLimits(registry: Registry): () => void {
  const refused = registry.counter({
    name: "ratelimit_refused_total",
    help: "Calls over a limit, by whether the limit was enforced or only watched.",
    labels: ["policy", "mode"],
  });
  const degraded = registry.counter({
    name: "ratelimit_degraded_total",
    help: "Calls that were decided without the store, by how.",
    labels: ["policy", "mode"],
  });
  const timeouts = registry.counter({
    name: "ratelimit_lock_timeouts_total",
    help: "Calls that were refused because the shared table could not be had in time.",
    labels: ["policy"],
  });
  const down = registry.gauge({
    name: "ratelimit_store_down_threads",
    help: "Threads that count without the store, because it does not answer.",
    labels: ["store"],
  });
  const ends = [
    openTypedChannel<RefusedByLimit>("plinth:ratelimit:refused").subscribe(({ policy, shadow }) =>
      refused.add(1, policy, shadow ? "shadow" : "enforced"),
    ),
    openTypedChannel<DegradedLimit>("plinth:ratelimit:degraded").subscribe(({ policy, mode }) => degraded.add(1, policy, mode)),
    openTypedChannel<{ readonly policy: string }>("plinth:ratelimit:lock-timeout").subscribe(({ policy }) =>
      timeouts.add(1, policy),
    ),
    openTypedChannel<ChangedLimitStore>("plinth:ratelimit:store-changed").subscribe(({ store, state }) =>
      down.set(state === "down" ? 1 : 0, store),
    ),
  ];
  return () => {
    for (const end of ends) end();
  };
}
