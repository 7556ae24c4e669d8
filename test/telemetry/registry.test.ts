import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { createRegistry } from "#src/telemetry/registry";
import { resetGauges } from "#src/telemetry/segment";
import { scrape } from "./scrape.ts";

const ORDERS = { name: "orders_total", help: "Orders.", labels: ["channel"] } as const;

describe("createRegistry", () => {
  it("counts what its instruments are told", () => {
    const registry = createRegistry();
    registry.counter(ORDERS).add(2, "web");
    registry.gauge({ name: "depth", help: "Depth." }).set(7);
    registry.histogram({ name: "wait", help: "Wait.", bounds: [1, 2] }).record(1.5);
    const samples = scrape(registry.segment);
    assert.equal(samples.get('orders_total{channel="web"}'), 2);
    assert.equal(samples.get("depth"), 7);
    assert.deepEqual(
      ['wait_bucket{le="1"}', 'wait_bucket{le="2"}', 'wait_bucket{le="+Inf"}', "wait_sum", "wait_count"].map((name) =>
        samples.get(name),
      ),
      [0, 1, 1, 1.5, 1],
    );
  });

  it("gives the same instrument to whoever declares a metric alike", () => {
    const registry = createRegistry();
    assert.equal(registry.counter(ORDERS), registry.counter({ ...ORDERS }));
  });

  it("refuses a metric declared differently", () => {
    const registry = createRegistry();
    registry.counter(ORDERS);
    const conflict = { code: "E_TELEMETRY_METRIC_CONFLICT" };
    assert.throws(() => registry.counter({ ...ORDERS, labels: ["region"] }), conflict);
    assert.throws(() => registry.counter({ ...ORDERS, help: "Other." }), conflict);
    assert.throws(() => registry.gauge({ name: "orders", help: "Orders." }), conflict);
    registry.histogram({ name: "wait", help: "Wait.", bounds: [1] });
    assert.throws(() => registry.histogram({ name: "wait", help: "Wait.", bounds: [2] }), conflict);
    assert.throws(() => registry.gauge({ name: "wait", help: "Wait." }), conflict);
  });

  it("refuses a conflict with what its predecessor declared in the segment", () => {
    const { segment } = createRegistry();
    createRegistry({ segment }).counter(ORDERS);
    assert.throws(() => createRegistry({ segment }).gauge({ name: "orders", help: "O." }), {
      code: "E_TELEMETRY_METRIC_CONFLICT",
    });
  });

  it("says which segment is too small for the metrics declared", () => {
    const registry = createRegistry({ segment: new SharedArrayBuffer(4_096) });
    const declareMany = (): void => {
      for (let index = 0; index < 100; index += 1) registry.gauge({ name: `gauge_${index}`, help: "H." });
    };
    assert.throws(declareMany, { code: "E_TELEMETRY_SEGMENT_FULL", message: /4096 bytes/ });
  });

  it("counts rejected values", () => {
    const registry = createRegistry();
    registry.counter(ORDERS).add(-1, "web");
    registry.gauge({ name: "depth", help: "Depth." }).set(Number.NaN);
    assert.equal(scrape(registry.segment).get("plinth_metrics_rejected_values_total"), 2);
  });
});

describe("a limit of series", () => {
  it("holds against 100,000 random label values, and loses no count", () => {
    const registry = createRegistry({ maxSeries: 100 });
    const orders = registry.counter(ORDERS);
    for (let index = 0; index < 100_000; index += 1) orders.add(1, `channel-${index}`);
    const lines = [...scrape(registry.segment)].filter(([name]) => name.startsWith("orders_total"));
    assert.equal(lines.length, 100);
    assert.equal(
      lines.reduce((sum, [, value]) => sum + value, 0),
      100_000,
    );
    const samples = scrape(registry.segment);
    assert.equal(samples.get('orders_total{channel="_other"}'), 99_901);
    assert.equal(samples.get('plinth_metrics_dropped_series_total{metric="orders_total"}'), 99_901);
  });

  it("is 1,000 unless told otherwise, the overflow series included", () => {
    const registry = createRegistry();
    const orders = registry.counter(ORDERS);
    for (let index = 0; index < 1_500; index += 1) orders.add(1, `${index}`);
    assert.equal([...scrape(registry.segment).keys()].filter((name) => name.startsWith("orders_total")).length, 1_000);
  });

  it("survives the thread: its replacement gets no new allowance", () => {
    const { segment } = createRegistry();
    for (let life = 0; life < 3; life += 1) {
      const orders = createRegistry({ segment, maxSeries: 10 }).counter(ORDERS);
      for (let index = 0; index < 20; index += 1) orders.add(1, `${life}-${index}`);
    }
    assert.equal([...scrape(segment).keys()].filter((name) => name.startsWith("orders_total")).length, 10);
  });

  it("of one metric leaves room for another", () => {
    const registry = createRegistry({ maxSeries: 5 });
    const orders = registry.counter(ORDERS);
    for (let index = 0; index < 50; index += 1) orders.add(1, `${index}`);
    registry.counter({ ...ORDERS, name: "returns_total" }).add(1, "web");
    assert.equal(scrape(registry.segment).get('returns_total{channel="web"}'), 1);
  });

  it("goes on counting in the overflow series when the segment is full", () => {
    const registry = createRegistry({ segment: new SharedArrayBuffer(4_096) });
    const orders = registry.counter(ORDERS);
    for (let index = 0; index < 900; index += 1) orders.add(1, `channel-${index}`);
    const lines = [...scrape(registry.segment)].filter(([name]) => name.startsWith("orders_total"));
    assert.ok(lines.length > 20 && lines.length < 200, `${lines.length} series`);
    assert.equal(
      lines.reduce((sum, [, value]) => sum + value, 0),
      900,
    );
  });
});

describe("a replacement thread", () => {
  it("continues every kind of series", () => {
    const { segment } = createRegistry();
    for (let life = 1; life <= 3; life += 1) {
      const registry = createRegistry({ segment });
      registry.counter(ORDERS).add(life, "web");
      registry.counter({ name: "plain_total", help: "P." }).add(life);
      registry.histogram({ name: "wait", help: "Wait.", labels: ["l"], bounds: [1] }).record(life, "x");
      registry.gauge({ name: "active", help: "Active." }).add(1);
      resetGauges(segment);
    }
    const samples = scrape(segment);
    assert.equal(samples.get('orders_total{channel="web"}'), 6);
    assert.equal(samples.get("plain_total"), 6);
    assert.equal(samples.get('wait_count{l="x"}'), 3);
    assert.equal(samples.get("active"), 0);
  });

  it("never takes a counter back, whatever is counted on whichever thread and whenever it is replaced", () => {
    const step = fc.record({
      thread: fc.nat(2),
      label: fc.string({ maxLength: 3 }),
      amount: fc.nat(1_000),
      replace: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const segments = [0, 1, 2].map(() => new SharedArrayBuffer(16_384));
        const counters = segments.map((segment) => createRegistry({ segment }).counter(ORDERS));
        const model = new Map<string, number>();
        let before: ReadonlyMap<string, number> = new Map();
        for (const { thread, label, amount, replace } of steps) {
          if (replace) counters[thread] = createRegistry({ segment: segments[thread] as SharedArrayBuffer }).counter(ORDERS);
          counters[thread]?.add(amount, label);
          model.set(label.toWellFormed(), (model.get(label.toWellFormed()) ?? 0) + amount);
          const now = scrape(...segments);
          for (const [name, value] of before) assert.ok((now.get(name) ?? -1) >= value, `${name} went backwards`);
          before = now;
        }
        const orders = [...before].filter(([name]) => name.startsWith("orders_total")).map(([, value]) => value);
        const ascending = (one: number, other: number): number => one - other;
        assert.deepEqual(orders.sort(ascending), [...model.values()].sort(ascending));
      }),
      { numRuns: 40 },
    );
  });
});
