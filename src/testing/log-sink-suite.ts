import assert from "node:assert/strict";
import type { LogSink } from "../log/contract.ts";
import { type ConformanceSuite, defineConformanceSuite } from "./conformance-suite.ts";

/** A log sink, and all that has come out at its other end so far. */
export interface LogSinkSubject {
  readonly sink: LogSink;
  readonly received: () => string | Promise<string>;
}

/** What every `LogSink` does: whole lines, in order, none lost that there is room for. */
export const logSinkSuite: ConformanceSuite<LogSinkSubject> = defineConformanceSuite<LogSinkSubject>("log sink", {
  "hands a line on unchanged once it is flushed": async ({ sink, received }) => {
    const line = `{"message":"\\u2028 grüße 😀 \\n"}\n`;
    sink.write(line);
    sink.flushSync();
    assert.equal(await received(), line);
  },
  "keeps lines whole and in order": async ({ sink, received }) => {
    const lines = Array.from({ length: 500 }, (_, index) => `{"line":${index},"text":"${"x".repeat(index)}"}\n`);
    for (const line of lines) sink.write(line);
    sink.flushSync();
    assert.equal(await received(), lines.join(""));
  },
  "takes several lines at once among single ones": async ({ sink, received }) => {
    if (sink.writeChunk === undefined) return;
    sink.write(`{"line":1}\n`);
    sink.writeChunk(Buffer.from(`{"line":2}\n{"line":3}\n`));
    sink.write(`{"line":4}\n`);
    sink.flushSync();
    assert.equal(await received(), `{"line":1}\n{"line":2}\n{"line":3}\n{"line":4}\n`);
  },
  "may be flushed at any time, also twice": async ({ sink, received }) => {
    sink.flushSync();
    sink.write(`{"line":1}\n`);
    sink.flushSync();
    sink.flushSync();
    assert.equal(await received(), `{"line":1}\n`);
  },
  "has dropped nothing that there was room for": ({ sink }) => {
    for (let line = 0; line < 100; line += 1) sink.write(`{"line":${line}}\n`);
    sink.flushSync();
    assert.equal(sink.dropped, 0);
  },
});
