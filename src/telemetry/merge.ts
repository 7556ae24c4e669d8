import { type MetricDefinition, THREAD_LABEL, slotsOf } from "./definition.ts";
import { OVERFLOW } from "./instrument.ts";
import { NameTable } from "./name-table.ts";
import { type SeriesRecord, readSegment, seriesKey } from "./segment.ts";

/** One series over all threads. */
export interface MergedSeries {
  readonly labels: readonly string[];
  /** As in the segment: one value, or a histogram's buckets (not cumulative) and its sum. */
  readonly totals: Float64Array;
}

/** One metric over all threads. */
export interface MergedMetric {
  readonly definition: MetricDefinition;
  /** The definition's label names, and `thread` where each thread stands for itself. */
  readonly labelNames: readonly string[];
  /** By {@link seriesKey}. */
  readonly series: Map<string, MergedSeries>;
}

/**
 * What all threads have recorded, added up. Reads memory only: a thread that is blocked, or gone, does not matter.
 *
 * A metric that two threads define differently is taken as the first one defines it; `conflicts` has the others.
 */
export function mergeSegments(segments: ReadonlyMap<string, SharedArrayBuffer>): {
  readonly metrics: Iterable<MergedMetric>;
  readonly conflicts: readonly MetricDefinition[];
} {
  const names = new NameTable();
  const merged = new Map<string, MergedMetric>();
  const conflicts: MetricDefinition[] = [];
  for (const [thread, buffer] of segments) {
    const { metrics, series, values } = readSegment(buffer);
    const targets = new Map<MetricDefinition, MergedMetric>();
    for (const definition of metrics) {
      if (names.claim(definition) !== undefined) conflicts.push(definition);
      else targets.set(definition, targetOf(merged, definition));
    }
    for (const record of series) {
      const target = targets.get(record.metric);
      if (target !== undefined && isPresent(record, values)) addSeries({ target, record, values, thread });
    }
  }
  return { metrics: merged.values(), conflicts };
}

function targetOf(merged: Map<string, MergedMetric>, definition: MetricDefinition): MergedMetric {
  let target = merged.get(definition.name);
  if (target === undefined) {
    const labelNames = definition.combine === "each" ? [...definition.labels, THREAD_LABEL] : definition.labels;
    merged.set(definition.name, (target = { definition, labelNames, series: new Map() }));
  }
  return target;
}

/** A gauge that nobody set, and an overflow series that nothing overflowed into, are not shown. */
function isPresent({ metric, labels, slot }: SeriesRecord, values: Float64Array): boolean {
  const first = values[slot] as number;
  if (Number.isNaN(first)) return false;
  if (labels.length === 0 || labels.some((label) => label !== OVERFLOW)) return true;
  return values.subarray(slot, slot + slotsOf(metric)).some((value) => value !== 0);
}

function addSeries(options: {
  readonly target: MergedMetric;
  readonly record: SeriesRecord;
  readonly values: Float64Array;
  readonly thread: string;
}): void {
  const { target, record, values, thread } = options;
  const { combine } = record.metric;
  const labels = combine === "each" ? [...record.labels, thread] : record.labels;
  const key = combine === "each" ? seriesKey(labels) : record.key;
  const slots = slotsOf(record.metric);
  const known = target.series.get(key);
  if (known === undefined) {
    target.series.set(key, { labels, totals: values.slice(record.slot, record.slot + slots) });
    return;
  }
  for (let index = 0; index < slots; index += 1) {
    const before = known.totals[index] as number;
    const value = values[record.slot + index] as number;
    known.totals[index] = combine === "max" ? Math.max(before, value) : before + value;
  }
}
