import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MetricType, resolveDefinition } from "#src/telemetry/definition";
import { NameTable } from "#src/telemetry/name-table";

const define = (type: MetricType, name: string, help = "H.") =>
  resolveDefinition(type, { name, help, ...(type === "histogram" ? { bounds: [1] } : {}) });

describe("NameTable", () => {
  it("lets a metric be declared again alike", () => {
    const names = new NameTable();
    assert.equal(names.claim(define("counter", "a_total")), undefined);
    assert.equal(names.claim(define("counter", "a_total")), undefined);
  });

  it("names the clash when anything differs", () => {
    const names = new NameTable();
    names.claim(define("gauge", "a"));
    assert.equal(names.claim(define("gauge", "a", "Other.")), "a");
    assert.equal(names.claim(define("histogram", "a")), "a");
  });

  it("knows that a counter and a gauge of its family name clash, whichever comes first", () => {
    const counterFirst = new NameTable();
    counterFirst.claim(define("counter", "a_total"));
    assert.equal(counterFirst.claim(define("gauge", "a")), "a");
    const gaugeFirst = new NameTable();
    gaugeFirst.claim(define("gauge", "a"));
    assert.equal(gaugeFirst.claim(define("counter", "a_total")), "a");
  });

  it("takes none of the names when one is taken", () => {
    const names = new NameTable();
    names.claim(define("gauge", "a"));
    names.claim(define("counter", "a_total"));
    assert.equal(names.claim({ ...define("gauge", "b"), name: "a_total" }), undefined);
  });

  it("guards the suffixes that a histogram writes", () => {
    const names = new NameTable();
    names.claim(define("histogram", "a"));
    for (const suffix of ["_bucket", "_sum", "_count", "_created"])
      assert.equal(names.claim({ ...define("gauge", "x"), name: `a${suffix}` }), `a${suffix}`);
  });
});
