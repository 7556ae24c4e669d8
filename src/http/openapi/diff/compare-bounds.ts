import type { JsonSchema } from "../../validation/json-schema.ts";
import { type Comparison, report } from "./comparison.ts";

/** Keywords that bound a value from below and from above, and what they bound. */
const LOWER: Readonly<Record<string, string>> = {
  minimum: "least value",
  exclusiveMinimum: "lower bound",
  minLength: "least length",
  minItems: "least number of items",
  minProperties: "least number of properties",
};
const UPPER: Readonly<Record<string, string>> = {
  maximum: "greatest value",
  exclusiveMaximum: "upper bound",
  maxLength: "greatest length",
  maxItems: "greatest number of items",
  maxProperties: "greatest number of properties",
};
/** Keywords of which only equality can be told. */
const OTHER: readonly string[] = ["pattern", "format", "multipleOf", "uniqueItems", "not", "propertyNames"];

/** Compares what bounds numbers, lengths, counts and patterns. */
export function compareBounds([before, after]: readonly [JsonSchema, JsonSchema], comparison: Comparison): void {
  for (const [keyword, what] of Object.entries(LOWER)) {
    compareBound(what, numbersOf(before, after, keyword, -Infinity), comparison);
  }
  for (const [keyword, what] of Object.entries(UPPER)) {
    const [old, now] = numbersOf(before, after, keyword, Infinity);
    compareBound(what, [-old, -now], comparison, [old, now]);
  }
  for (const keyword of OTHER) compareOther(keyword, [before[keyword], after[keyword]], comparison);
}

function numbersOf(before: JsonSchema, after: JsonSchema, keyword: string, otherwise: number): readonly [number, number] {
  return [(before[keyword] ?? otherwise) as number, (after[keyword] ?? otherwise) as number];
}

/** A bound whose rise allows less. */
function compareBound(
  what: string,
  [old, now]: readonly [number, number],
  comparison: Comparison,
  shown: readonly [number, number] = [old, now],
): void {
  if (old === now) return;
  const [was, is] = shown.map((value) => (Number.isFinite(value) ? String(value) : "none"));
  report(comparison, now > old ? "narrower" : "wider", `has the ${what} ${is} instead of ${was}`);
}

function compareOther(keyword: string, [old, now]: readonly [unknown, unknown], comparison: Comparison): void {
  if (JSON.stringify(old) === JSON.stringify(now)) return;
  if (now === undefined) return report(comparison, "wider", `no longer has the ${keyword} ${JSON.stringify(old)}`);
  if (old === undefined) return report(comparison, "narrower", `has the new ${keyword} ${JSON.stringify(now)}`);
  // Which of two patterns takes more cannot be told: it may break.
  comparison.sink.breaking(`${comparison.place} has the ${keyword} ${JSON.stringify(now)} instead of ${JSON.stringify(old)}`);
}
