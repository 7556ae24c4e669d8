import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { LogCapture } from "#src/testing/test-log";

const line = (message: string, more: object = {}): string => `${JSON.stringify({ level: "info", message, ...more })}\n`;

describe("captured log", () => {
  test("keeps lines in the order in which they came", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (messages) => {
        const log = new LogCapture();
        for (const message of messages) log.accept(line(message));
        assert.deepEqual(
          log.lines.map((entry) => entry["message"]),
          messages,
        );
        assert.deepEqual(log.malformed, []);
      }),
    );
  });

  test("finds lines by their message or by a function", () => {
    const log = new LogCapture();
    log.accept(line("a", { n: 1 }));
    log.accept(line("b", { n: 2 }));
    log.accept(line("b", { n: 3 }));
    assert.equal(log.find("b")?.["n"], 2);
    assert.equal(log.filter("b").length, 2);
    assert.equal(log.find((entry) => entry["n"] === 3)?.["message"], "b");
    assert.equal(log.find("c"), undefined);
  });

  test("sets aside what is no JSON object", () => {
    const log = new LogCapture();
    for (const text of ["plain text", `{"torn":`, "[1]", "null", "7", ""]) log.accept(text);
    assert.deepEqual(log.malformed, ["plain text", `{"torn":`, "[1]", "null", "7", ""]);
    assert.deepEqual(log.lines, []);
  });

  test("waits for a line that is still to come, and for one that is there not at all", async () => {
    const log = new LogCapture();
    const later = log.waitFor((entry) => entry["n"] === 2);
    log.accept(line("x", { n: 1 }));
    log.accept(line("y", { n: 2 }));
    assert.equal((await later)["message"], "y");
    assert.equal((await log.waitFor("x"))["n"], 1);
  });

  test("gives up after its time and shows what came last", async () => {
    const log = new LogCapture();
    log.accept(line("something else"));
    await assert.rejects(log.waitFor("ready", "1ms"), {
      code: "E_TESTING_LINE_MISSING",
      message: /"ready" came within 1 ms[\s\S]*something else/,
    });
    await assert.rejects(
      new LogCapture().waitFor(() => false, "1ms"),
      { message: /that matches[\s\S]*\(none\)/ },
    );
  });

  test("does not wait for what cannot come any more", async () => {
    const log = new LogCapture();
    const early = log.waitFor("ready", "1h");
    log.accept(line("other"));
    log.end();
    await assert.rejects(early, { code: "E_TESTING_LINE_MISSING", message: /"ready" came before the log ended[\s\S]*other/ });
    await assert.rejects(log.waitFor("ready", "1h"), { message: /before the log ended/ });
    assert.equal((await log.waitFor("other"))["message"], "other");
  });
});
