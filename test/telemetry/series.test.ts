import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CounterSeries, GaugeSeries, HistogramSeries } from "#src/telemetry/series";

const cells = () => ({ values: new Float64Array(8), slot: 1, rejected: 0 });

describe("CounterSeries", () => {
  it("adds, by one unless told otherwise", () => {
    const at = cells();
    const series = new CounterSeries(at);
    series.add();
    series.add(2.5);
    series.add(0);
    assert.deepEqual(Array.from(at.values.subarray(0, 3)), [0, 3.5, 0]);
  });

  it("leaves out and counts what would make it shrink or spoil it", () => {
    const at = cells();
    const series = new CounterSeries(at);
    for (const amount of [-1, Number.NaN, Infinity, -Infinity]) series.add(amount);
    assert.deepEqual(Array.from(at.values.subarray(0, 3)), [4, 0, 0]);
  });
});

describe("GaugeSeries", () => {
  it("goes up and down", () => {
    const at = cells();
    const series = new GaugeSeries(at);
    series.set(5);
    series.add(-7);
    assert.equal(at.values[1], -2);
  });

  it("begins at 0 when it has no value yet", () => {
    const at = cells();
    at.values[1] = Number.NaN;
    new GaugeSeries(at).add(3);
    assert.equal(at.values[1], 3);
  });

  it("leaves out and counts what is not finite, results of additions included", () => {
    const at = cells();
    const series = new GaugeSeries(at);
    series.set(Number.MAX_VALUE);
    series.add(Number.MAX_VALUE);
    series.set(Number.NaN);
    series.set(Infinity);
    assert.deepEqual(Array.from(at.values.subarray(0, 2)), [3, Number.MAX_VALUE]);
  });
});

describe("HistogramSeries", () => {
  it("counts a value in the first bucket whose bound it does not exceed", () => {
    const at = cells();
    const series = new HistogramSeries(at, [1, 2, 3]);
    for (const value of [0, 1, 1.5, 2, 3, 3.1, 100]) series.record(value);
    assert.deepEqual([...at.values], [0, 2, 2, 1, 2, 110.6, 0, 0]);
  });

  it("leaves out and counts negative and infinite values and NaN", () => {
    const at = cells();
    const series = new HistogramSeries(at, [1]);
    for (const value of [-0.001, Number.NaN, Infinity]) series.record(value);
    assert.deepEqual([...at.values], [3, 0, 0, 0, 0, 0, 0, 0]);
  });
});
