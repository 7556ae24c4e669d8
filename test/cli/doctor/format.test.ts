import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatSorted } from "#src/cli/doctor/format";
import type { Finding } from "#src/core/mod";

const finding = (id: string, severity: Finding["severity"]): Finding => ({ id, severity, what: "W", why: "Y", todo: "T" });

describe("findings for people", () => {
  test("come the gravest first, with their numbers at the end", () => {
    const findings = [finding("b", "warning"), finding("c", "warning"), finding("a", "error")];
    const text = formatSorted({ findings, ignored: [{ id: "d", reason: "meant so" }] } as never);
    assert.deepEqual(text.match(/^(?:error|warning|ignored) .*$/gm), [
      "error  a",
      "warning  b",
      "warning  c",
      "ignored  d: meant so",
    ]);
    assert.match(text, /\n1 error, 2 warnings, 0 notes\n$/);
  });
});
