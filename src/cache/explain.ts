import type { EntryExplanation } from "./contract.ts";
import type { Entry } from "./entry.ts";
import type { StoreInspection } from "./store-contract.ts";

interface View {
  /** Of the pulse. */
  readonly now: number;
  /** Wall-clock milliseconds. */
  readonly wall: number;
  /** Whether nothing has invalidated it. */
  readonly valid: boolean;
}

/** A value in memory, as an operator sees it. */
export function explainEntry(entry: Entry, { now, wall, valid }: View): EntryExplanation {
  const { negative, tags, length: bytes, createdAt } = entry;
  const freshFor = entry.freshUntil - now;
  const staleFor = entry.staleUntil - now;
  const state = valid ? stateOf(freshFor, staleFor) : "invalid";
  return { state, age: wall - createdAt, freshFor, staleFor, bytes, tags, negative };
}

/** A value in the store, as an operator sees it. */
export function explainRead({ value, invalid }: StoreInspection, wall: number): EntryExplanation | undefined {
  if (value === undefined)
    return invalid ? { state: "invalid", age: 0, freshFor: 0, staleFor: 0, bytes: 0, tags: [], negative: false } : undefined;
  const { freshFor, staleFor, payload, tags, negative, createdAt } = value;
  return { state: stateOf(freshFor, staleFor), age: wall - createdAt, freshFor, staleFor, bytes: payload.length, tags, negative };
}

function stateOf(freshFor: number, staleFor: number): "fresh" | "stale" | "expired" {
  return freshFor > 0 ? "fresh" : staleFor > 0 ? "stale" : "expired";
}
