import type { MetricDefinition } from "./definition.ts";
import { errors } from "./errors.ts";
import { LabelTree } from "./label-tree.ts";
import type { CounterSeries, GaugeSeries, HistogramSeries } from "./series.ts";

/** One text per label name. */
export type LabelValues<Labels extends readonly string[]> = { readonly [Index in keyof Labels]: string };

/** The label value, for every label, of the series that takes what is beyond a metric's limit. */
export const OVERFLOW = "_other";

/** Longer label values go to the overflow series: they are never names, and would fill the segment. */
const MAX_LABEL_LENGTH = 200;

/** What an instrument needs of its registry. */
export interface InstrumentSource<Series extends object> {
  readonly definition: MetricDefinition;
  /** All series that exist by now: those of the thread that had the segment before. */
  readonly existing: Iterable<readonly [labels: readonly string[], series: Series]>;
  /** The series for everything that gets none of its own. */
  readonly overflow: Series;
  /** Makes a series; undefined when the metric's limit is reached or the segment is full. */
  create(labels: readonly string[]): Series | undefined;
  /** Called for every look-up that ended in the overflow series. */
  dropped(): void;
}

/** Finds, or makes, the series of label values. */
class Instrument<Series extends object> {
  readonly #source: InstrumentSource<Series>;
  readonly #tree = new LabelTree<Series>();
  /** The only series of a metric without labels. */
  readonly #bare: Series | undefined;

  constructor(source: InstrumentSource<Series>) {
    this.#source = source;
    if (source.definition.labels.length === 0) this.#bare = source.overflow;
    else for (const [labels, series] of source.existing) this.#tree.put(labels, series);
  }

  protected find(labels: readonly string[]): Series {
    const { name, labels: want } = this.#source.definition;
    if (labels.length !== want.length) throw errors.LABELS_MISMATCH({ name, want, have: labels.length });
    return this.#bare ?? this.#tree.find(labels) ?? this.#make(labels);
  }

  #make(given: readonly unknown[]): Series {
    // Callers without types pass anything, and halves of surrogate pairs would all print alike.
    const labels = given.map((label) => String(label).toWellFormed());
    const known = this.#tree.find(labels);
    if (known !== undefined) return known;
    const made = labels.some((label) => label.length > MAX_LABEL_LENGTH) ? undefined : this.#source.create(labels);
    if (made === undefined) {
      this.#source.dropped();
      return this.#source.overflow;
    }
    this.#tree.put(labels, made);
    return made;
  }
}

/** A value that only grows. */
export class Counter<Labels extends readonly string[]> extends Instrument<CounterSeries> {
  /**
   * The series of these label values; keep it where the path is hot. The metric's overflow series when it has no room for another.
   *
   * @throws E_TELEMETRY_LABELS_MISMATCH when the number of values is not the number of labels
   */
  with(...labels: LabelValues<Labels>): CounterSeries {
    return this.find(labels);
  }

  /** @param amount finite and at least 0 */
  add(amount: number, ...labels: LabelValues<Labels>): void {
    this.find(labels).add(amount);
  }
}

/** A value that goes up and down. */
export class Gauge<Labels extends readonly string[]> extends Instrument<GaugeSeries> {
  /** As {@link Counter.with}. */
  with(...labels: LabelValues<Labels>): GaugeSeries {
    return this.find(labels);
  }

  set(value: number, ...labels: LabelValues<Labels>): void {
    this.find(labels).set(value);
  }

  /** @param amount negative to go down */
  add(amount: number, ...labels: LabelValues<Labels>): void {
    this.find(labels).add(amount);
  }
}

/** How values are distributed. */
export class Histogram<Labels extends readonly string[]> extends Instrument<HistogramSeries> {
  /** As {@link Counter.with}. */
  with(...labels: LabelValues<Labels>): HistogramSeries {
    return this.find(labels);
  }

  /** @param value in the metric's unit, at least 0 */
  record(value: number, ...labels: LabelValues<Labels>): void {
    this.find(labels).record(value);
  }
}
