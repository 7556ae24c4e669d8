import { type MetricDefinition, initialValue, slotsOf } from "./definition.ts";
import { errors } from "./errors.ts";

/**
 * The memory of one thread's metrics, laid out so that another thread can read all of it at any moment, without a message
 * and without a lock:
 *
 *   header | records, growing upwards …   free   … values, growing downwards |
 *
 * A record is a length and JSON text: a metric's definition, or `[metric, [label values]]` for a series. Values are Float64.
 * Which slots a series has follows from the records before it, so nothing else needs to be stored.
 *
 * One thread writes at a time. A record's bytes and its slots are written first, then the count of records is stored
 * atomically: a reader that sees the count sees the bytes, and a writer that died in between leaves a segment without the
 * unfinished record, whose bytes the next writer overwrites.
 *
 * Values are plain loads and stores. ECMAScript lets a Float64 access tear, but every slot is 8-byte aligned and every platform
 * Node is built for is 64-bit, where V8 makes it one machine instruction and an aligned one is whole. Atomics have no Float64
 * and would cost a fence each. What a reader may see is one series a moment older than the next: a histogram whose bucket
 * counts an observation that its sum does not hold yet.
 */

/** Size of a segment unless told otherwise: room for about 2,800 duration histograms. */
export const SEGMENT_BYTES = 524_288;

const MIN_BYTES = 4_096;
const HEADER_BYTES = 64;
const LENGTH_BYTES = 4;
/** "PLM" and the version of this layout. */
const MAGIC = 0x504c4d01;
const MAGIC_INDEX = 0;
const COUNT_INDEX = 1;

/** One series: where its values are and what they mean. */
export interface SeriesRecord {
  readonly metric: MetricDefinition;
  /** Label values, in the order of the metric's label names. */
  readonly labels: readonly string[];
  /** {@link seriesKey} of the labels. */
  readonly key: string;
  /** Index of the first value in {@link Segment.values}. */
  readonly slot: number;
}

/** A text that is equal for equal label values, and only for those. */
export function seriesKey(labels: readonly string[]): string {
  return JSON.stringify(labels);
}

/** A view of a segment that remembers what it has parsed. Reading and writing share it, so they cannot disagree. */
export class Segment {
  readonly values: Float64Array;
  readonly #header: Int32Array;
  readonly #bytes: Buffer;
  readonly #metrics: MetricDefinition[] = [];
  readonly #series: SeriesRecord[] = [];
  #records = 0;
  #end = HEADER_BYTES;
  #slot: number;

  /** @throws E_TELEMETRY_SEGMENT_INVALID when the memory is too small, or in use for something else */
  constructor(buffer: SharedArrayBuffer) {
    const { byteLength } = buffer;
    if (byteLength < MIN_BYTES || byteLength % 8 !== 0)
      throw errors.SEGMENT_INVALID({ reason: `it has ${byteLength} bytes; give it a multiple of 8, at least ${MIN_BYTES}.` });
    this.#header = new Int32Array(buffer, 0, HEADER_BYTES / 4);
    this.#bytes = Buffer.from(buffer);
    this.values = new Float64Array(buffer);
    this.#slot = this.values.length;
    const magic = Atomics.compareExchange(this.#header, MAGIC_INDEX, 0, MAGIC);
    if (magic !== 0 && magic !== MAGIC)
      throw errors.SEGMENT_INVALID({ reason: "something else has written to it, or another version of Plinth has." });
  }

  get metrics(): readonly MetricDefinition[] {
    return this.#metrics;
  }

  get series(): readonly SeriesRecord[] {
    return this.#series;
  }

  /** Parses the records that were published since the last time. */
  refresh(): void {
    const count = Atomics.load(this.#header, COUNT_INDEX);
    while (this.#records < count) {
      const start = this.#end + LENGTH_BYTES;
      const end = start + this.#bytes.readUInt32LE(this.#end);
      this.#take(JSON.parse(this.#bytes.toString("utf8", start, end)) as MetricDefinition | [number, string[]]);
      this.#end = end;
      this.#records += 1;
    }
  }

  #take(record: MetricDefinition | [number, string[]]): void {
    if (!Array.isArray(record)) {
      this.#metrics.push(record);
      return;
    }
    const [index, labels] = record;
    const metric = this.#metrics[index] as MetricDefinition;
    this.#slot -= slotsOf(metric);
    this.#series.push({ metric, labels, key: seriesKey(labels), slot: this.#slot });
  }

  /** Adds a metric; undefined when there is no room. For the one writer. */
  appendMetric(definition: MetricDefinition): MetricDefinition | undefined {
    this.refresh();
    return this.#append(definition, 0, 0) ? this.#metrics.at(-1) : undefined;
  }

  /** Adds a series of a metric of this segment; undefined when there is no room. For the one writer. */
  appendSeries(metric: MetricDefinition, labels: readonly string[]): SeriesRecord | undefined {
    this.refresh();
    const record = [this.#metrics.indexOf(metric), labels];
    return this.#append(record, slotsOf(metric), initialValue(metric)) ? this.#series.at(-1) : undefined;
  }

  #append(record: unknown, slots: number, initial: number): boolean {
    const text = JSON.stringify(record);
    const length = Buffer.byteLength(text);
    const start = this.#end + LENGTH_BYTES;
    const slot = this.#slot - slots;
    if (start + length > slot * Float64Array.BYTES_PER_ELEMENT) return false;
    this.#bytes.writeUInt32LE(length, this.#end);
    this.#bytes.write(text, start);
    this.values.fill(initial, slot, slot + slots);
    Atomics.store(this.#header, COUNT_INDEX, this.#records + 1);
    this.refresh();
    return true;
  }
}

const readers = new WeakMap<SharedArrayBuffer, Segment>();

/** The segment's content as published by now. Parsed records are remembered, so a second look costs only what is new. */
export function readSegment(buffer: SharedArrayBuffer): Segment {
  let segment = readers.get(buffer);
  if (segment === undefined) readers.set(buffer, (segment = new Segment(buffer)));
  segment.refresh();
  return segment;
}

/**
 * Clears the gauges of a thread that is gone: its requests in flight ended with it. Counters and histograms stay. The supervisor
 * calls it between the end of a thread and the start of its replacement, while nobody writes to the segment.
 */
export function resetGauges(buffer: SharedArrayBuffer): void {
  const { series, values } = readSegment(buffer);
  for (const { metric, slot } of series) if (metric.type === "gauge") values[slot] = initialValue(metric);
}
