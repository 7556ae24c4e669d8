import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MetricDefinition, resolveDefinition } from "#src/telemetry/definition";
import { Segment, readSegment, resetGauges } from "#src/telemetry/segment";

const COUNT_INDEX = 1;
const counter = resolveDefinition("counter", { name: "a_total", help: "A.", labels: ["b"] });
const make = (bytes = 4_096) => new SharedArrayBuffer(bytes);

function append(segment: Segment, definition: MetricDefinition): MetricDefinition {
  const metric = segment.appendMetric(definition);
  assert.ok(metric);
  return metric;
}

describe("Segment", () => {
  it("shows another view what was appended", () => {
    const buffer = make();
    const writer = new Segment(buffer);
    const metric = append(writer, counter);
    const series = writer.appendSeries(metric, ["größe 🙂"]);
    const { metrics, series: read } = readSegment(buffer);
    assert.deepEqual(metrics, [counter]);
    assert.deepEqual(read, [series]);
  });

  it("shows a view that had read before what was appended since", () => {
    const buffer = make();
    const writer = new Segment(buffer);
    const metric = append(writer, counter);
    assert.equal(readSegment(buffer).series.length, 0);
    writer.appendSeries(metric, ["x"]);
    assert.equal(readSegment(buffer).series.length, 1);
  });

  it("gives every series slots of its own, inside the memory", () => {
    const segment = new Segment(make());
    const histogram = append(segment, resolveDefinition("histogram", { name: "h", help: "H.", labels: ["l"], bounds: [1, 2] }));
    const used = new Set<number>();
    for (let index = 0; ; index += 1) {
      const series = segment.appendSeries(histogram, [`${index}`]);
      if (series === undefined) break;
      for (let slot = series.slot; slot < series.slot + 4; slot += 1) {
        assert.ok(slot < segment.values.length && !used.has(slot));
        used.add(slot);
      }
    }
    assert.ok(used.size > 4 * 10);
  });

  it("says so when it is full, and keeps what it holds", () => {
    const buffer = make();
    const segment = new Segment(buffer);
    const metric = append(segment, counter);
    let index = 0;
    for (let last; (last = segment.appendSeries(metric, [`value-${index}`])) !== undefined; index += 1)
      segment.values[last.slot] = index;
    const { series, values } = readSegment(buffer);
    assert.equal(series.length, index);
    assert.deepEqual(
      series.map(({ slot, labels }) => `value-${values[slot]}` === labels[0]),
      series.map(() => true),
    );
    assert.equal(segment.appendMetric({ ...counter, help: "x".repeat(4_096) }), undefined);
  });

  it("does not show a record whose writer died before publishing it, and overwrites it", () => {
    const buffer = make();
    const first = new Segment(buffer);
    const metric = append(first, counter);
    const kept = first.appendSeries(metric, ["kept"]);
    const lost = first.appendSeries(metric, ["lost, and longer than its successor"]);
    assert.ok(kept && lost);
    first.values[kept.slot] = 7;
    first.values[lost.slot] = 9;
    const header = new Int32Array(buffer);
    Atomics.store(header, COUNT_INDEX, Atomics.load(header, COUNT_INDEX) - 1);

    const second = new Segment(buffer);
    second.refresh();
    assert.deepEqual(second.series, [kept]);
    const next = second.appendSeries(second.metrics[0] as MetricDefinition, ["next"]);
    assert.equal(next?.slot, lost.slot);
    assert.deepEqual([second.values[kept.slot], second.values[lost.slot]], [7, 0]);
    assert.deepEqual(
      readSegment(buffer).series.map(({ labels }) => labels[0]),
      ["kept", "next"],
    );
  });

  it("stays whole when two views of one thread append in turn", () => {
    const buffer = make();
    const [one, two] = [new Segment(buffer), new Segment(buffer)];
    one.appendSeries(append(one, counter), ["one"]);
    two.refresh();
    two.appendSeries(two.metrics[0] as MetricDefinition, ["two"]);
    one.appendSeries(one.metrics[0] as MetricDefinition, ["three"]);
    assert.deepEqual(
      readSegment(buffer).series.map(({ labels }) => labels[0]),
      ["one", "two", "three"],
    );
  });

  it("reads as empty before anybody has written", () => {
    assert.deepEqual([...readSegment(make()).metrics], []);
  });

  for (const bytes of [0, 64, 4_088, 4_100]) {
    it(`refuses ${bytes} bytes`, () => {
      assert.throws(() => new Segment(make(bytes)), { code: "E_TELEMETRY_SEGMENT_INVALID" });
    });
  }

  it("refuses memory that something else has written to", () => {
    const buffer = make();
    new Int32Array(buffer).fill(42);
    assert.throws(() => new Segment(buffer), { code: "E_TELEMETRY_SEGMENT_INVALID" });
  });
});

describe("resetGauges", () => {
  it("clears gauges and leaves counters and histograms", () => {
    const buffer = make();
    const segment = new Segment(buffer);
    const declare = (definition: MetricDefinition) =>
      segment.appendSeries(append(segment, definition), definition.labels)?.slot ?? -1;
    const slots = [
      declare(resolveDefinition("counter", { name: "c_total", help: "C." })),
      declare(resolveDefinition("histogram", { name: "h", help: "H.", bounds: [1] })),
      declare(resolveDefinition("gauge", { name: "s", help: "S." })),
      declare(resolveDefinition("gauge", { name: "m", help: "M.", combine: "max" })),
      declare(resolveDefinition("gauge", { name: "e", help: "E.", combine: "each" })),
    ];
    for (const slot of slots) segment.values[slot] = 5;
    resetGauges(buffer);
    assert.deepEqual(
      slots.map((slot) => segment.values[slot]),
      [5, 5, 0, Number.NaN, Number.NaN],
    );
  });
});
