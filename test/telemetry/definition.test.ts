import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type AnyMetricOptions,
  type MetricType,
  familyName,
  initialValue,
  resolveDefinition,
  slotsOf,
} from "#src/telemetry/definition";

const INVALID = { code: "E_TELEMETRY_METRIC_INVALID" };
const gauge = (options: Partial<AnyMetricOptions>) => resolveDefinition("gauge", { name: "depth", help: "Depth.", ...options });
const histogram = (bounds: readonly number[], labels: readonly string[] = []) =>
  resolveDefinition("histogram", { name: "wait_seconds", help: "Wait.", bounds, labels });

describe("resolveDefinition", () => {
  it("gives a declaration its defaults, keys in one order", () => {
    assert.equal(
      JSON.stringify(gauge({})),
      '{"name":"depth","type":"gauge","help":"Depth.","unit":"","labels":[],"bounds":[],"combine":"sum"}',
    );
  });

  it("copies what it is given, so that later changes do not matter", () => {
    const labels = ["a"];
    const definition = gauge({ labels });
    labels.push("b");
    assert.deepEqual(definition.labels, ["a"]);
  });

  for (const name of ["", "1a", "a-b", "a b", "a:b", "ä", "a\n", "a{", "__proto__ ", "x".repeat(201)]) {
    it(`refuses the name ${JSON.stringify(name.slice(0, 12))}`, () => {
      assert.throws(() => gauge({ name }), INVALID);
    });
  }

  it("wants _total at the end of a counter's name, and of no other's", () => {
    const declare = (type: MetricType, name: string) => () => resolveDefinition(type, { name, help: "H.", bounds: [1] });
    assert.throws(declare("counter", "orders"), INVALID);
    assert.throws(declare("counter", "_total"), INVALID);
    assert.throws(declare("gauge", "orders_total"), INVALID);
    assert.throws(declare("histogram", "orders_total"), INVALID);
    assert.equal(declare("counter", "orders_created_total")().name, "orders_created_total");
  });

  for (const ending of ["bucket", "count", "sum", "created"]) {
    it(`refuses a name that ends in _${ending}`, () => {
      assert.throws(() => gauge({ name: `orders_${ending}` }), INVALID);
    });
  }

  it("wants a help text of bounded length", () => {
    assert.throws(() => gauge({ help: "" }), INVALID);
    assert.throws(() => gauge({ help: "h".repeat(1_001) }), INVALID);
  });

  it("wants the unit at the end of the name", () => {
    assert.equal(gauge({ name: "wait_seconds", unit: "seconds" }).unit, "seconds");
    assert.equal(resolveDefinition("counter", { name: "sent_bytes_total", help: "H.", unit: "bytes" }).unit, "bytes");
    assert.throws(() => gauge({ name: "wait", unit: "seconds" }), INVALID);
    assert.throws(() => gauge({ name: "seconds", unit: "seconds" }), INVALID);
    assert.throws(() => gauge({ name: "wait_Seconds", unit: "Seconds" }), INVALID);
  });

  for (const label of ["", "1a", "a-b", "a:b", "__name__", "é", "l".repeat(201)]) {
    it(`refuses the label ${JSON.stringify(label.slice(0, 12))}`, () => {
      assert.throws(() => gauge({ labels: [label] }), INVALID);
    });
  }

  it("refuses a label twice, and more than 16", () => {
    assert.throws(() => gauge({ labels: ["a", "b", "a"] }), INVALID);
    const labels = Array.from({ length: 17 }, (_, index) => `l${index}`);
    assert.throws(() => gauge({ labels }), INVALID);
    assert.equal(gauge({ labels: labels.slice(0, 16) }).labels.length, 16);
  });

  it("keeps the labels le and thread for itself where it writes them", () => {
    assert.throws(() => histogram([1], ["le"]), INVALID);
    assert.throws(() => gauge({ labels: ["thread"], combine: "each" }), INVALID);
    assert.deepEqual(gauge({ labels: ["thread", "le"] }).labels, ["thread", "le"]);
  });

  for (const bounds of [
    [],
    [1, 1],
    [2, 1],
    [-1, 1],
    [Number.NaN],
    [1, Infinity],
    Array.from({ length: 65 }, (_, index) => index),
  ]) {
    it(`refuses the bounds ${JSON.stringify(bounds).slice(0, 30)}`, () => {
      assert.throws(() => histogram(bounds), INVALID);
    });
  }

  it("accepts bounds from 0 on", () => {
    assert.deepEqual(histogram([0, 0.5, 1]).bounds, [0, 0.5, 1]);
  });
});

describe("a definition", () => {
  it("has a family name without _total", () => {
    assert.equal(familyName({ name: "orders_total", type: "counter" }), "orders");
    assert.equal(familyName({ name: "depth", type: "gauge" }), "depth");
  });

  it("takes one slot, or all buckets and the sum", () => {
    assert.equal(slotsOf(gauge({})), 1);
    assert.equal(slotsOf(histogram([1, 2, 3])), 5);
  });

  it("begins at 0 where threads are added up, and without a value where they are not", () => {
    assert.equal(initialValue(gauge({})), 0);
    assert.equal(initialValue(gauge({ combine: "max" })), Number.NaN);
    assert.equal(initialValue(gauge({ combine: "each" })), Number.NaN);
    assert.equal(initialValue(histogram([1])), 0);
  });
});
