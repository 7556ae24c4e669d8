import {
  type AnyMetricOptions,
  type CounterOptions,
  type GaugeOptions,
  type HistogramOptions,
  type MetricDefinition,
  type MetricType,
  resolveDefinition,
} from "./definition.ts";
import { errors } from "./errors.ts";
import { Counter, Gauge, Histogram, type InstrumentSource, OVERFLOW } from "./instrument.ts";
import { NameTable } from "./name-table.ts";
import { SEGMENT_BYTES, Segment, type SeriesRecord, seriesKey } from "./segment.ts";
import { type Cells, CounterSeries, GaugeSeries, HistogramSeries } from "./series.ts";

export interface RegistryOptions {
  /**
   * The thread's segment. A replacement gets its predecessor's and continues its series. Default: a new one of
   * {@link SEGMENT_BYTES}.
   */
  readonly segment?: SharedArrayBuffer;
  /** How many series one metric may have in this thread. Default 1,000. */
  readonly maxSeries?: number;
}

/** The metrics of one thread. Made by {@link createRegistry}. */
export interface Registry {
  /** Hand it to {@link renderMetrics}. */
  readonly segment: SharedArrayBuffer;
  readonly maxSeries: number;
  /** @throws E_TELEMETRY_METRIC_INVALID, E_TELEMETRY_METRIC_CONFLICT, E_TELEMETRY_SEGMENT_FULL */
  counter<const Labels extends readonly string[] = readonly []>(options: CounterOptions<Labels>): Counter<Labels>;
  /** @throws E_TELEMETRY_METRIC_INVALID, E_TELEMETRY_METRIC_CONFLICT, E_TELEMETRY_SEGMENT_FULL */
  gauge<const Labels extends readonly string[] = readonly []>(options: GaugeOptions<Labels>): Gauge<Labels>;
  /** @throws E_TELEMETRY_METRIC_INVALID, E_TELEMETRY_METRIC_CONFLICT, E_TELEMETRY_SEGMENT_FULL */
  histogram<const Labels extends readonly string[] = readonly []>(options: HistogramOptions<Labels>): Histogram<Labels>;
}

const DEFAULT_MAX_SERIES = 1_000;

/**
 * Opens the metrics of this thread. Only one thread may write to a segment at a time.
 *
 * @throws E_TELEMETRY_SEGMENT_INVALID when the segment is too small, or in use for something else
 * @example
 * const registry = createRegistry();
 * const orders = registry.counter({ name: "orders_total", help: "Orders taken.", labels: ["channel"] });
 * orders.add(1, "web");
 */
export function createRegistry(options: RegistryOptions = {}): Registry {
  return new SegmentRegistry(options.segment ?? new SharedArrayBuffer(SEGMENT_BYTES), options.maxSeries ?? DEFAULT_MAX_SERIES);
}

class SegmentRegistry implements Registry {
  readonly segment: SharedArrayBuffer;
  readonly maxSeries: number;
  readonly #content: Segment;
  readonly #names = new NameTable();
  /** Instruments by metric name: declaring a metric again gives the same one, so its look-ups stay complete. */
  readonly #instruments = new Map<string, object>();
  readonly #rejected: number;
  readonly #droppedDefinition: MetricDefinition;

  constructor(segment: SharedArrayBuffer, maxSeries: number) {
    this.segment = segment;
    this.maxSeries = maxSeries;
    this.#content = new Segment(segment);
    this.#content.refresh();
    for (const metric of this.#content.metrics) this.#names.claim(metric);
    const rejected = this.#declare("counter", {
      name: "plinth_metrics_rejected_values_total",
      help: "Values left out because they were NaN, infinite, or negative where only growth makes sense.",
    });
    this.#rejected = this.#series(rejected, []).slot;
    this.#droppedDefinition = this.#declare("counter", {
      name: "plinth_metrics_dropped_series_total",
      help: "Look-ups of label values beyond a metric's limit, which were counted in the series _other.",
      labels: ["metric"],
    });
  }

  counter<const Labels extends readonly string[] = readonly []>(options: CounterOptions<Labels>): Counter<Labels> {
    const definition = this.#declare("counter", options);
    return this.#instrument(definition, () => new Counter<Labels>(this.#source(definition, (cells) => new CounterSeries(cells))));
  }

  gauge<const Labels extends readonly string[] = readonly []>(options: GaugeOptions<Labels>): Gauge<Labels> {
    const definition = this.#declare("gauge", options);
    return this.#instrument(definition, () => new Gauge<Labels>(this.#source(definition, (cells) => new GaugeSeries(cells))));
  }

  histogram<const Labels extends readonly string[] = readonly []>(options: HistogramOptions<Labels>): Histogram<Labels> {
    const definition = this.#declare("histogram", options);
    const bind = (cells: Cells): HistogramSeries => new HistogramSeries(cells, definition.bounds);
    return this.#instrument(definition, () => new Histogram<Labels>(this.#source(definition, bind)));
  }

  #declare(type: MetricType, options: AnyMetricOptions): MetricDefinition {
    const definition = resolveDefinition(type, options);
    const { name } = definition;
    const clash = this.#names.claim(definition);
    if (clash !== undefined) throw errors.METRIC_CONFLICT({ name, clash });
    const known = this.#content.metrics.find((metric) => metric.name === name) ?? this.#content.appendMetric(definition);
    if (known === undefined) throw errors.SEGMENT_FULL({ name, bytes: this.segment.byteLength });
    return known;
  }

  #instrument<Made extends object>({ name }: MetricDefinition, make: () => Made): Made {
    let instrument = this.#instruments.get(name) as Made | undefined;
    if (instrument === undefined) this.#instruments.set(name, (instrument = make()));
    return instrument;
  }

  // The overflow series and its counter are made now: when they are needed, the segment may be full.
  #source<Series extends object>(definition: MetricDefinition, bind: (cells: Cells) => Series): InstrumentSource<Series> {
    const toSeries = ({ slot }: SeriesRecord): Series => bind({ values: this.#content.values, slot, rejected: this.#rejected });
    const overflow = toSeries(
      this.#series(
        definition,
        definition.labels.map(() => OVERFLOW),
      ),
    );
    const dropped =
      definition.labels.length === 0
        ? undefined
        : new CounterSeries({
            values: this.#content.values,
            slot: this.#series(this.#droppedDefinition, [definition.name]).slot,
            rejected: this.#rejected,
          });
    const existing = this.#content.series.filter(({ metric }) => metric === definition);
    let count = existing.length;
    return {
      definition,
      existing: existing.map((record) => [record.labels, toSeries(record)] as const),
      overflow,
      create: (labels) => {
        const record = count < this.maxSeries ? this.#content.appendSeries(definition, labels) : undefined;
        if (record === undefined) return undefined;
        count += 1;
        return toSeries(record);
      },
      dropped: () => dropped?.add(),
    };
  }

  #series(definition: MetricDefinition, labels: readonly string[]): SeriesRecord {
    const key = seriesKey(labels);
    const known = this.#content.series.find((series) => series.metric === definition && series.key === key);
    const record = known ?? this.#content.appendSeries(definition, labels);
    if (record === undefined) throw errors.SEGMENT_FULL({ name: definition.name, bytes: this.segment.byteLength });
    return record;
  }
}
