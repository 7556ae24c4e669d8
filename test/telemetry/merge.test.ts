import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { mergeSegments } from "#src/telemetry/merge";
import { createRegistry } from "#src/telemetry/registry";
import type { Combine } from "#src/telemetry/definition";
import { scrape } from "./scrape.ts";

function gaugesOf(combine: Combine, values: readonly (number | undefined)[]): ReadonlyMap<string, number> {
  const segments = values.map((value) => {
    const registry = createRegistry();
    const depth = registry.gauge({ name: "depth", help: "D.", combine });
    if (value !== undefined) depth.set(value);
    return registry.segment;
  });
  return new Map([...scrape(...segments)].filter(([name]) => name.startsWith("depth")));
}

describe("mergeSegments", () => {
  it("adds counters and histograms of all threads", () => {
    const segments = [1, 2, 3].map((amount) => {
      const registry = createRegistry();
      registry.counter({ name: "orders_total", help: "O.", labels: ["l"] }).add(amount, "x");
      registry.histogram({ name: "wait", help: "W.", bounds: [1.5] }).record(amount);
      return registry.segment;
    });
    const samples = scrape(...segments);
    assert.equal(samples.get('orders_total{l="x"}'), 6);
    assert.deepEqual(
      ['wait_bucket{le="1.5"}', "wait_count", "wait_sum"].map((name) => samples.get(name)),
      [1, 3, 6],
    );
  });

  it("shows series that only some threads have", () => {
    const [one, two] = [createRegistry(), createRegistry()];
    one.counter({ name: "orders_total", help: "O.", labels: ["l"] }).add(1, "x");
    two.counter({ name: "orders_total", help: "O.", labels: ["l"] }).add(2, "y");
    two.counter({ name: "returns_total", help: "R." }).add(3);
    const samples = scrape(one.segment, two.segment);
    assert.deepEqual(
      ['orders_total{l="x"}', 'orders_total{l="y"}', "returns_total"].map((name) => samples.get(name)),
      [1, 2, 3],
    );
  });

  it("combines gauges as they declare: sum", () => {
    assert.deepEqual([...gaugesOf("sum", [1, undefined, 5, -2])], [["depth", 4]]);
  });

  it("combines gauges as they declare: max, of those that have a value", () => {
    assert.deepEqual([...gaugesOf("max", [-5, undefined, -2])], [["depth", -2]]);
  });

  it("combines gauges as they declare: each under its thread, where it has a value", () => {
    assert.deepEqual(
      [...gaugesOf("each", [1, undefined, 3])],
      [
        ['depth{thread="thread-0"}', 1],
        ['depth{thread="thread-2"}', 3],
      ],
    );
  });

  it("does not confuse label values that look alike when joined", () => {
    const registry = createRegistry();
    const pairs = registry.counter({ name: "pairs_total", help: "P.", labels: ["a", "b"] });
    pairs.add(1, 'x","y', "");
    pairs.add(2, "x", 'y","');
    pairs.add(3, "x,", "y");
    pairs.add(4, "x", ",y");
    const other = createRegistry();
    other.counter({ name: "pairs_total", help: "P.", labels: ["a", "b"] }).add(10, "x", ",y");
    const metric = [
      ...mergeSegments(
        new Map([
          ["one", registry.segment],
          ["two", other.segment],
        ]),
      ).metrics,
    ].find(({ definition }) => definition.name === "pairs_total");
    assert.deepEqual(
      [...(metric?.series.values() ?? [])].map(({ totals }) => totals[0]),
      [1, 2, 3, 14],
    );
  });

  it("leaves out, and reports, what a later thread defines differently", () => {
    const [one, two] = [createRegistry(), createRegistry()];
    one.counter({ name: "orders_total", help: "O." }).add(1);
    two.gauge({ name: "orders", help: "O." }).set(5);
    const { conflicts } = mergeSegments(
      new Map([
        ["one", one.segment],
        ["two", two.segment],
      ]),
    );
    assert.deepEqual(
      conflicts.map(({ name }) => name),
      ["orders"],
    );
    const samples = scrape(one.segment, two.segment);
    assert.deepEqual([samples.get("orders_total"), samples.get("orders")], [1, undefined]);
    assert.equal(samples.get("plinth_metrics_conflicting_definitions"), 1);
  });

  it("takes nothing from a segment that nobody has opened", () => {
    assert.deepEqual([...scrape(new SharedArrayBuffer(4_096))], []);
  });

  it("does not change what it reads", () => {
    const registry = createRegistry();
    registry.counter({ name: "orders_total", help: "O." }).add(1);
    const other = createRegistry();
    other.counter({ name: "orders_total", help: "O." }).add(1);
    scrape(registry.segment, other.segment);
    assert.equal(scrape(registry.segment, other.segment).get("orders_total"), 2);
  });
});
