import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRegistry } from "#src/telemetry/registry";
import { scrape } from "./scrape.ts";

const PAIR = { name: "pairs_total", help: "Pairs.", labels: ["left", "right"] } as const;

describe("an instrument", () => {
  it("gives the same bound series for the same label values", () => {
    const pairs = createRegistry().counter(PAIR);
    assert.equal(pairs.with("a", "b"), pairs.with("a", "b"));
    assert.notEqual(pairs.with("a", "b"), pairs.with("b", "a"));
  });

  it("counts through a bound series and by name alike", () => {
    const registry = createRegistry();
    const pairs = registry.counter(PAIR);
    pairs.with("a", "b").add(1);
    pairs.add(2, "a", "b");
    const depth = registry.gauge({ name: "depth", help: "D.", labels: ["queue"] });
    depth.with("mail").set(5);
    depth.add(-2, "mail");
    const wait = registry.histogram({ name: "wait", help: "W.", labels: ["queue"], bounds: [1] });
    wait.with("mail").record(0.5);
    wait.record(2, "mail");
    const samples = scrape(registry.segment);
    assert.equal(samples.get('pairs_total{left="a",right="b"}'), 3);
    assert.equal(samples.get('depth{queue="mail"}'), 3);
    assert.equal(samples.get('wait_sum{queue="mail"}'), 2.5);
  });

  it("refuses too few and too many label values, in types and at run time", () => {
    const registry = createRegistry();
    const pairs = registry.counter(PAIR);
    const mismatch = { code: "E_TELEMETRY_LABELS_MISMATCH" };
    // @ts-expect-error one value is missing
    assert.throws(() => pairs.add(1, "a"), mismatch);
    // @ts-expect-error one value is too many
    assert.throws(() => pairs.with("a", "b", "c"), mismatch);
    // @ts-expect-error the metric has no labels
    assert.throws(() => registry.gauge({ name: "depth", help: "D." }).with("a"), mismatch);
  });

  it("spells label values that are no strings", () => {
    const registry = createRegistry();
    const pairs = registry.counter(PAIR);
    // @ts-expect-error a number is no label value
    pairs.add(1, 200, undefined);
    pairs.add(1, "200", "undefined");
    assert.equal(scrape(registry.segment).get('pairs_total{left="200",right="undefined"}'), 2);
  });

  it("takes broken surrogate pairs for one and the same replacement character", () => {
    const registry = createRegistry();
    const pairs = registry.counter(PAIR);
    pairs.add(1, "\uD800", "x");
    pairs.add(1, "\uDC00", "x");
    assert.equal(scrape(registry.segment).get('pairs_total{left="\uFFFD",right="x"}'), 2);
  });

  it("counts overlong label values in the overflow series", () => {
    const registry = createRegistry();
    const pairs = registry.counter(PAIR);
    pairs.add(1, "x".repeat(201), "y");
    pairs.add(1, "x".repeat(200), "y");
    const samples = scrape(registry.segment);
    assert.equal(samples.get('pairs_total{left="_other",right="_other"}'), 1);
    assert.equal(samples.get(`pairs_total{left="${"x".repeat(200)}",right="y"}`), 1);
    assert.equal(samples.get('plinth_metrics_dropped_series_total{metric="pairs_total"}'), 1);
  });

  it("does not show an overflow series that nothing overflowed into", () => {
    const registry = createRegistry();
    registry.counter(PAIR).add(1, "a", "b");
    registry.histogram({ name: "wait", help: "W.", labels: ["queue"], bounds: [1] });
    const names = [...scrape(registry.segment).keys()];
    assert.deepEqual(
      names.filter((name) => name.includes("_other")),
      [],
    );
  });

  it("shows an overflow histogram whose only observation is in a later bucket", () => {
    const registry = createRegistry({ maxSeries: 1 });
    registry.histogram({ name: "wait", help: "W.", labels: ["queue"], bounds: [1] }).record(5, "mail");
    assert.equal(scrape(registry.segment).get('wait_count{queue="_other"}'), 1);
  });
});
