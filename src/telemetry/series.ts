/**
 * One series, bound to its slots: what the hot path keeps. A value that would spoil the series (NaN, infinite, or negative where
 * only growth makes sense) is left out and counted in `plinth_metrics_rejected_values_total`: a metric never fails a request.
 *
 * perf: a few nanoseconds each, no allocation. Fields are plain so that V8 inlines them (November 2026, Node 26.10).
 */

/** Where a series' values are. */
export interface Cells {
  readonly values: Float64Array;
  readonly slot: number;
  /** The slot that counts rejected values. */
  readonly rejected: number;
}

function increase(values: Float64Array, slot: number, amount: number): void {
  values[slot] = (values[slot] as number) + amount;
}

/** One series of a counter. */
export class CounterSeries {
  readonly #values: Float64Array;
  readonly #slot: number;
  readonly #rejected: number;

  constructor({ values, slot, rejected }: Cells) {
    this.#values = values;
    this.#slot = slot;
    this.#rejected = rejected;
  }

  /** @param amount finite and at least 0. Default 1 */
  add(amount = 1): void {
    if (amount >= 0 && amount < Infinity) increase(this.#values, this.#slot, amount);
    else increase(this.#values, this.#rejected, 1);
  }
}

/** One series of a gauge. */
export class GaugeSeries {
  readonly #values: Float64Array;
  readonly #slot: number;
  readonly #rejected: number;

  constructor({ values, slot, rejected }: Cells) {
    this.#values = values;
    this.#slot = slot;
    this.#rejected = rejected;
  }

  /** @param value finite */
  set(value: number): void {
    if (Number.isFinite(value)) this.#values[this.#slot] = value;
    else increase(this.#values, this.#rejected, 1);
  }

  /** @param amount finite, negative to go down; a gauge without a value begins at 0 */
  add(amount: number): void {
    const now = this.#values[this.#slot] as number;
    this.set(Number.isNaN(now) ? amount : now + amount);
  }
}

/** One series of a histogram. */
export class HistogramSeries {
  readonly #values: Float64Array;
  readonly #slot: number;
  readonly #rejected: number;
  readonly #bounds: Float64Array;

  constructor({ values, slot, rejected }: Cells, bounds: readonly number[]) {
    this.#values = values;
    this.#slot = slot;
    this.#rejected = rejected;
    this.#bounds = Float64Array.from(bounds);
  }

  /** @param value finite and at least 0, so that the sum only grows */
  record(value: number): void {
    const values = this.#values;
    if (!(value >= 0 && value < Infinity)) {
      increase(values, this.#rejected, 1);
      return;
    }
    const bounds = this.#bounds;
    let bucket = 0;
    // perf: a straight walk beats a binary search here: most observations end in the first few of a dozen buckets.
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket += 1;
    increase(values, this.#slot + bucket, 1);
    increase(values, this.#slot + bounds.length + 1, value);
  }
}
