import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { METRICS_CONTENT_TYPE, negotiateFormat } from "#src/telemetry/format";

describe("negotiateFormat", () => {
  const cases: readonly (readonly [accept: string | undefined, format: string])[] = [
    [undefined, "prometheus"],
    ["", "prometheus"],
    ["*/*", "prometheus"],
    ["text/html,application/xhtml+xml,*/*;q=0.8", "prometheus"],
    ["text/plain", "prometheus"],
    ["application/openmetrics-text", "openmetrics"],
    ["Application/OpenMetrics-Text; Version=1.0.0", "openmetrics"],
    ['application/openmetrics-text;version="1.0.0"', "openmetrics"],
    ["application/openmetrics-text;version=2.0.0", "prometheus"],
    ["application/openmetrics-text;q=0", "prometheus"],
    ["application/openmetrics-text;q=0.3,text/plain;q=0.5", "prometheus"],
    ["application/openmetrics-text;q=0.5,text/plain;q=0.5", "openmetrics"],
    ["application/openmetrics-text;q=2", "prometheus"],
    ["application/openmetrics-text;q=abc", "prometheus"],
    [
      "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      "openmetrics",
    ],
    [`application/openmetrics-text,${" ".repeat(8_192)}`, "prometheus"],
  ];
  for (const [accept, format] of cases) {
    it(`answers ${format} to ${JSON.stringify(accept?.slice(0, 60))}`, () => {
      assert.equal(negotiateFormat(accept), format);
    });
  }

  it("always names a format that has a content type", () => {
    fc.assert(
      fc.property(fc.string(), (accept) => {
        assert.ok(Object.hasOwn(METRICS_CONTENT_TYPE, negotiateFormat(accept)));
      }),
    );
  });
});
