import type { Clock } from "../../core/mod.ts";
import type { Crew } from "../crew.ts";
import { errors } from "../errors.ts";
import type { ThreadSlot } from "./thread-slot.ts";

const WATCH_MS = 250;

export interface ThreadCrewOptions {
  readonly slots: readonly ThreadSlot[];
  readonly clock: Clock;
}

/** Serves on worker threads, watches them, and replaces those that die. */
export function createThreadCrew({ slots, clock }: ThreadCrewOptions): Crew {
  let state: "starting" | "ready" | "draining" | "stopped" = "starting";
  const watch = (): void => {
    if (state === "stopped") return;
    for (const slot of slots) slot.watch();
    clock.schedule(WATCH_MS, watch);
  };
  return {
    async start() {
      const outcomes = await Promise.allSettled(slots.map((slot) => slot.start()));
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      // A stop in the meantime drains the slots itself.
      const stopped = state !== "starting";
      if (failed !== undefined && stopped) throw failed.reason;
      if (stopped) return;
      if (failed !== undefined) {
        state = "stopped";
        await Promise.all(slots.map((slot) => slot.drain(0)));
        throw failed.reason;
      }
      state = "ready";
      watch();
    },
    async readiness() {
      const checks = await Promise.all(slots.map(async (slot) => [slot.name, await slot.check()] as const));
      const failing = checks.filter(([, failures]) => failures.length > 0);
      // One thread that is being replaced does not take the others out of service.
      const ready = state === "ready" && failing.length < checks.length;
      return { ready, state: state === "ready" && !ready ? "failing" : state, failures: Object.fromEntries(failing) };
    },
    act(order) {
      const slot = slots.find((candidate) => candidate.state === "ready");
      return slot === undefined ? Promise.reject(errors.NOBODY_SERVES({})) : slot.act(order);
    },
    hopeless: () => slots.filter((slot) => slot.hasRunaway).map((slot) => `a thread of ${slot.name} cannot be ended`),
    httpThreads: slots.filter((slot) => slot.role === "http").length,
    routes: () => slots.find((slot) => slot.routes.length > 0)?.routes ?? [],
    segments: () => new Map(slots.flatMap((slot) => slot.metrics)),
    async drain(timeout) {
      state = "draining";
      const ended = await Promise.all(slots.map((slot) => slot.drain(timeout)));
      state = "stopped";
      return ended.every(Boolean);
    },
  };
}
