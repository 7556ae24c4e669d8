import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRegistry } from "#src/telemetry/registry";
import { renderMetrics } from "#src/telemetry/render";
import { parseOpenMetrics } from "./openmetrics-parser.ts";

function renderOrders(value: string, format: "prometheus" | "openmetrics"): string {
  const registry = createRegistry();
  registry.counter({ name: "orders_total", help: 'Orders, "all"\\\nof them.', labels: ["channel", "empty"] }).add(1, value, "");
  return renderMetrics(new Map([["main", registry.segment]]), { format });
}

describe("renderMetrics", () => {
  it("writes Prometheus text 0.0.4", () => {
    const registry = createRegistry();
    registry
      .histogram({ name: "wait_seconds", help: "Wait.", unit: "seconds", labels: ["q"], bounds: [0.5, 1] })
      .record(0.75, "mail");
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" });
    assert.ok(
      text.includes(
        [
          "# HELP wait_seconds Wait.",
          "# TYPE wait_seconds histogram",
          'wait_seconds_bucket{q="mail",le="0.5"} 0',
          'wait_seconds_bucket{q="mail",le="1"} 1',
          'wait_seconds_bucket{q="mail",le="+Inf"} 1',
          'wait_seconds_sum{q="mail"} 0.75',
          'wait_seconds_count{q="mail"} 1',
          "",
        ].join("\n"),
      ),
      text,
    );
  });

  it("writes OpenMetrics 1.0 with units, float bounds and an end", () => {
    const registry = createRegistry();
    registry.histogram({ name: "wait_seconds", help: "Wait.", unit: "seconds", bounds: [0.5, 1] }).record(0.75);
    const text = renderMetrics(new Map([["main", registry.segment]]), { format: "openmetrics" });
    assert.ok(
      text.endsWith(
        [
          "# TYPE wait_seconds histogram",
          "# UNIT wait_seconds seconds",
          "# HELP wait_seconds Wait.",
          'wait_seconds_bucket{le="0.5"} 0',
          'wait_seconds_bucket{le="1.0"} 1',
          'wait_seconds_bucket{le="+Inf"} 1',
          "wait_seconds_sum 0.75",
          "wait_seconds_count 1",
          "# EOF",
          "",
        ].join("\n"),
      ),
      text,
    );
  });

  it("names a counter in full in Prometheus text, by its family in OpenMetrics", () => {
    assert.match(renderOrders("web", "prometheus"), /^# TYPE orders_total counter$/m);
    assert.match(renderOrders("web", "openmetrics"), /^# TYPE orders counter$/m);
    assert.match(renderOrders("web", "openmetrics"), /^orders_total\{channel="web"\} 1$/m);
  });

  it("escapes help as each format wants it", () => {
    assert.match(renderOrders("web", "prometheus"), /^# HELP orders_total Orders, "all"\\\\\\nof them\.$/m);
    assert.match(renderOrders("web", "openmetrics"), /^# HELP orders Orders, \\"all\\"\\\\\\nof them\.$/m);
  });

  it("escapes quotes, backslashes and newlines in label values, and drops empty ones", () => {
    assert.match(renderOrders('a"b\\c\nd', "prometheus"), /^orders_total\{channel="a\\"b\\\\c\\nd"\} 1$/m);
  });

  it("writes infinite sums as the formats spell them", () => {
    const registry = createRegistry();
    const spent = registry.counter({ name: "spent_total", help: "S." });
    spent.add(Number.MAX_VALUE);
    spent.add(Number.MAX_VALUE);
    assert.match(renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" }), /^spent_total \+Inf$/m);
  });

  it("leaves out metrics without a series", () => {
    const registry = createRegistry();
    registry.gauge({ name: "unset", help: "U.", combine: "max" });
    assert.doesNotMatch(renderMetrics(new Map([["main", registry.segment]]), { format: "prometheus" }), /unset/);
  });

  it("writes an empty OpenMetrics text when there is nothing", () => {
    assert.equal(renderMetrics(new Map(), { format: "openmetrics" }), "# EOF\n");
    assert.equal(renderMetrics(new Map(), { format: "prometheus" }), "");
  });

  it("writes OpenMetrics that a strict parser reads back, whatever label values and amounts are recorded", () => {
    const entry = fc.record({
      label: fc.string({ unit: "binary", maxLength: 8 }),
      value: fc.double({ min: 0, max: 1e300, noNaN: true }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), (entries) => {
        const registry = createRegistry({ segment: new SharedArrayBuffer(65_536) });
        const counter = registry.counter({ name: "c_bytes_total", help: 'C "\\\n.', unit: "bytes", labels: ["l"] });
        const gauge = registry.gauge({ name: "g", help: "G.", labels: ["l"], combine: "each" });
        const histogram = registry.histogram({ name: "h", help: "H.", labels: ["l"], bounds: [0, 1e-7, 1, 1e6, 1e21] });
        const model = new Map<string, number>();
        for (const { label, value } of entries) {
          counter.add(value, label);
          gauge.set(-value, label);
          histogram.record(value, label);
          model.set(label.toWellFormed(), (model.get(label.toWellFormed()) ?? 0) + value);
        }
        const families = parseOpenMetrics(renderMetrics(new Map([["main", registry.segment]]), { format: "openmetrics" }));
        const samples = families.find(({ name }) => name === "c_bytes")?.samples ?? [];
        assert.deepEqual(new Map(samples.map(({ labels, value }) => [labels["l"] ?? "", value])), model);
      }),
      { numRuns: 60 },
    );
  });
});
