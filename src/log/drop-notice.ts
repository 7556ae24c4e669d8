import type { Clock } from "../core/mod.ts";

/** The line that says how many others were lost, in the logger's own form. */
export function formatDropNotice(clock: Clock, dropped: number): string {
  return `${JSON.stringify({ level: "warn", "@timestamp": new Date(clock.now()).toISOString(), dropped, message: "log lines dropped" })}\n`;
}
