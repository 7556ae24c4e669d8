import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseOpenMetrics } from "./openmetrics-parser.ts";

describe("the strict parser of the tests", () => {
  it("reads a family", () => {
    const [family] = parseOpenMetrics(
      '# TYPE a_seconds counter\n# UNIT a_seconds seconds\n# HELP a_seconds A.\na_seconds_total{b="c"} 1\n# EOF\n',
    );
    assert.deepEqual(family, {
      name: "a_seconds",
      type: "counter",
      unit: "seconds",
      help: "A.",
      samples: [{ name: "a_seconds_total", labels: { b: "c" }, value: 1 }],
    });
  });

  const refused: Readonly<Record<string, string>> = {
    "no end": "# TYPE a gauge\na 1\n",
    "a counter without _total": "# TYPE a counter\na 1\n# EOF\n",
    "a family in two places": "# TYPE a gauge\na 1\n# TYPE b gauge\nb 1\n# TYPE a gauge\n# EOF\n",
    "a sample twice": "# TYPE a gauge\na 1\na 2\n# EOF\n",
    "an empty line": "# TYPE a gauge\n\na 1\n# EOF\n",
    "a raw quote": '# TYPE a gauge\na{b="""} 1\n# EOF\n',
    "a unit that is no suffix": "# TYPE a gauge\n# UNIT a bytes\na 1\n# EOF\n",
    "a histogram without +Inf": '# TYPE a histogram\na_bucket{le="1.0"} 1\na_sum 1\na_count 1\n# EOF\n',
    "a wrong count": '# TYPE a histogram\na_bucket{le="+Inf"} 1\na_sum 1\na_count 2\n# EOF\n',
  };
  for (const [what, text] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      assert.throws(() => parseOpenMetrics(text), assert.AssertionError);
    });
  }
});
