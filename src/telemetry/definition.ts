import { errors } from "./errors.ts";

export type MetricType = "counter" | "gauge" | "histogram";

/** How the values that several threads give one gauge become what is scraped. */
export type Combine = "sum" | "max" | "each";

/** A metric in its resolved form, as it is written into the segment. Keys always stand in this order. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  readonly help: string;
  /** Empty without a unit. */
  readonly unit: string;
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets; empty for the others. */
  readonly bounds: readonly number[];
  readonly combine: Combine;
}

/** What every metric is declared with. */
export interface MetricOptions<Labels extends readonly string[] = readonly string[]> {
  /**
   * The name as it will be queried: letters, digits and `_`, unit and suffix written out (`queue_wait_seconds`).
   * A counter's ends in `_total`, no other's does.
   */
  readonly name: string;
  /** One sentence for whoever finds the metric in a dashboard. */
  readonly help: string;
  /** The base unit, `seconds` or `bytes` for instance; the name then ends in it (before `_total`). Default none. */
  readonly unit?: string;
  /** Names of the labels. Default none. */
  readonly labels?: Labels;
}

export type CounterOptions<Labels extends readonly string[]> = MetricOptions<Labels>;

export interface GaugeOptions<Labels extends readonly string[]> extends MetricOptions<Labels> {
  /**
   * What is scraped when several threads set the gauge: their `sum` (the default; requests in flight), their `max`
   * (age of the oldest job), or `each` by itself with a `thread` label (heap in use).
   */
  readonly combine?: Combine;
}

export interface HistogramOptions<Labels extends readonly string[]> extends MetricOptions<Labels> {
  /** Upper bounds of the buckets, ascending, at least 0, without +Inf. At most 64. */
  readonly bounds: readonly number[];
}

/** The label that tells threads apart in a gauge that combines by `each`. */
export const THREAD_LABEL = "thread";

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const UNIT = /^[a-z0-9]+(?:_[a-z0-9]+)*$/;
const TOTAL = "_total";
/** Endings with a meaning of their own in OpenMetrics: a plain name that has one would read as a part of another metric. */
const RESERVED_ENDING = /_(?:bucket|count|sum|created)$/;
const MAX_BOUNDS = 64;
const MAX_LABELS = 16;
const MAX_NAME = 200;
const MAX_HELP = 1_000;

/** The options of whichever instrument, as {@link resolveDefinition} takes them. */
export type AnyMetricOptions = MetricOptions & { readonly combine?: Combine; readonly bounds?: readonly number[] };

/**
 * Checks a declaration and gives it its fixed shape.
 *
 * @throws E_TELEMETRY_METRIC_INVALID when the declaration breaks the grammar of Prometheus or OpenMetrics 1.0
 */
export function resolveDefinition(type: MetricType, options: AnyMetricOptions): MetricDefinition {
  const { name, help, unit = "", labels = [], bounds = [], combine = "sum" } = options;
  const definition = { name, type, help: help.toWellFormed(), unit, labels: [...labels], bounds: [...bounds], combine };
  const reason = findNameFault(definition) ?? findLabelFault(definition) ?? findBoundsFault(definition);
  if (reason !== undefined) throw errors.METRIC_INVALID({ name, reason });
  return definition;
}

// Colons are left out although the grammar has them: they are kept for recording rules.
function findNameFault({ name, type, help, unit }: MetricDefinition): string | undefined {
  if (!NAME.test(name) || name.length > MAX_NAME)
    return "a name is made of letters, digits and _, does not begin with a digit, and has at most 200 characters.";
  if (help === "" || help.length > MAX_HELP) return "it needs a help text of 1 to 1,000 characters.";
  if (name.endsWith(TOTAL) !== (type === "counter")) return "a counter's name ends in _total, and no other metric's does.";
  const family = familyName({ name, type });
  if (family === "" || RESERVED_ENDING.test(name)) return "a name does not end in _bucket, _count, _sum or _created.";
  if (unit === "") return undefined;
  if (!UNIT.test(unit)) return `"${unit}" is not a unit. Write lower-case letters: "seconds", "bytes".`;
  return family.endsWith(`_${unit}`) ? undefined : `its unit is ${unit}, so its name must end in _${unit}.`;
}

function findLabelFault({ type, labels, combine }: MetricDefinition): string | undefined {
  if (labels.length > MAX_LABELS) return `it has ${labels.length} labels; ${MAX_LABELS} are the most.`;
  if (new Set(labels).size !== labels.length) return "two of its labels have the same name.";
  for (const label of labels) {
    if (!NAME.test(label) || label.length > MAX_NAME || label.startsWith("__"))
      return `"${label}" is not a label name. Use letters, digits and _, with no digit first and not __.`;
    if (type === "histogram" && label === "le") return 'the label "le" belongs to the buckets.';
    if (combine === "each" && label === THREAD_LABEL) return `the label "${THREAD_LABEL}" is added by combine: "each".`;
  }
  return undefined;
}

function findBoundsFault({ type, bounds }: MetricDefinition): string | undefined {
  if (type !== "histogram") return undefined;
  if (bounds.length === 0 || bounds.length > MAX_BOUNDS) return `a histogram has 1 to ${MAX_BOUNDS} bounds.`;
  const ascending = bounds.every((bound, index) => Number.isFinite(bound) && bound > (bounds[index - 1] ?? -Number.MIN_VALUE));
  return ascending ? undefined : "bounds are finite, at least 0, and each is larger than the one before.";
}

/** The name of the metric family in OpenMetrics: a counter's has no `_total`. */
export function familyName({ name, type }: Pick<MetricDefinition, "name" | "type">): string {
  return type === "counter" ? name.slice(0, -TOTAL.length) : name;
}

/** How many Float64 slots one series takes: one, or for a histogram its buckets (+Inf included) and the sum. */
export function slotsOf(definition: MetricDefinition): number {
  return definition.type === "histogram" ? definition.bounds.length + 2 : 1;
}

/**
 * What a slot holds before anything is recorded. NaN is "no value": a maximum, or a thread's own reading, of 0 that nobody
 * measured would be a lie, while a sum may begin with 0.
 */
export function initialValue(definition: MetricDefinition): number {
  return definition.type === "gauge" && definition.combine !== "sum" ? Number.NaN : 0;
}
