/** How a route fares when there is more work than the thread can do: `low` is shed first, `critical` never. */
export type Priority = "low" | "normal" | "high" | "critical";

/** Priorities that can be shed, by rank: the first go first. */
export const SHEDDABLE: readonly Priority[] = ["low", "normal", "high"];

/** Place of a priority in {@link SHEDDABLE}; -1 for what is never shed. */
export function rankOf(priority: Priority): number {
  return SHEDDABLE.indexOf(priority);
}

/** Whether a value is a priority: plain JavaScript and casts may say anything. */
export function isPriority(value: unknown): value is Priority {
  return value === "critical" || rankOf(value as Priority) !== -1;
}
