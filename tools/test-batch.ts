/**
 * Runs a batch of test files in this one process and tells the parent (tools/test.ts) what happened. A process of its own, so
 * that a crash, an endless loop or a forgotten server ends the batch and is reported, instead of ending the report.
 */
import { run } from "node:test";
import { inspect } from "node:util";
import type { BatchMessage, Outcome } from "./test-messages.ts";

/** A test that waits for longer than this has failed. A test may set a time-out of its own. */
const TEST_TIMEOUT = 30_000;
const BEAT = 1_000;
/** If the process is still alive so many beats after the last test, a test has left something open. */
const GRACE_BEATS = 3;

interface TestEvent {
  readonly name: string;
  readonly file?: string;
  readonly line?: number;
  readonly testId?: number;
  readonly parentId?: number;
  readonly skip?: string | boolean;
  readonly todo?: string | boolean;
  readonly details: { readonly type?: string; readonly error?: Error & { failureType?: string; cause?: unknown } };
}

const files = process.argv.slice(2);
// The parent is gone: nobody waits for the answer. Listening holds the channel open, which must not count as left open.
process.on("disconnect", () => process.exit(1));
process.channel?.unref();

const send = (message: BatchMessage): void => {
  process.send?.(message);
};

const names = new Map<number, { readonly name: string; readonly parent: number }>();
const parents = new Set<number>();
/** Top-level tests that have not ended yet. All files are loaded before the first test runs, so this empties once. */
const waiting = new Set<number>();

const pathOf = (id: number | undefined): readonly string[] => {
  const known = id === undefined ? undefined : names.get(id);
  return known === undefined ? [] : [...pathOf(known.parent), known.name];
};

/** The whole error without the frames of Node's own machinery, which say nothing about the test. */
const describe = (event: TestEvent): string => {
  const error = event.details.error;
  const shown = error?.failureType === "testCodeFailure" && error.cause !== undefined ? error.cause : error;
  const text = typeof shown === "string" ? shown : inspect(shown, { depth: 4 });
  return text
    .split("\n")
    .filter((line) => !/^\s+at .*\(?node:internal/.test(line))
    .join("\n");
};

const outcomeOf = (event: TestEvent, passed: boolean): Outcome | undefined => {
  const leaf = event.testId === undefined || !parents.has(event.testId);
  const place = { file: event.file ?? "", line: event.line ?? 0, name: pathOf(event.testId).join(" › ") || event.name };
  const postponed = event.skip ?? event.todo;
  if (postponed !== undefined && postponed !== false && leaf) {
    return { kind: "skipped", ...place, text: typeof postponed === "string" && postponed !== "" ? postponed : "no reason given" };
  }
  if (!passed) {
    // A parent that failed only because of its children is not a failure of its own.
    const own = leaf || event.details.error?.failureType !== "subtestsFailed";
    return own ? { kind: "failed", ...place, text: describe(event) } : undefined;
  }
  if (!leaf || event.details.type === "suite") return undefined;
  // Node reports a file without tests as one passed test of the file's name.
  if (event.name === event.file) return { kind: "failed", ...place, text: "This file holds no test." };
  return { kind: "passed", ...place, text: "" };
};

const conclude = (event: TestEvent, passed: boolean): void => {
  const outcome = outcomeOf(event, passed);
  if (outcome !== undefined) send({ type: "outcome", outcome });
};

const stream = run({
  files,
  isolation: "none",
  timeout: TEST_TIMEOUT,
  setup(reporter): void {
    // Listened to directly, not read from the stream: these arrive even when the next line of the test never ends.
    reporter.on("test:enqueue", (event: object) => {
      const { testId, parentId } = event as TestEvent;
      if (testId !== undefined && parentId === 0) waiting.add(testId);
    });
    reporter.on("test:dequeue", (event: object) => {
      const { name, testId, parentId, file } = event as TestEvent;
      if (testId !== undefined) names.set(testId, { name, parent: parentId ?? 0 });
      if (parentId !== undefined) parents.add(parentId);
      send({ type: "begin", file: file ?? "", name });
    });
    reporter.on("test:complete", (event: object) => waiting.delete((event as TestEvent).testId ?? 0));
    // A child is reported before its parent, so by now it is known who has children.
    reporter.on("test:pass", (event: object) => conclude(event as TestEvent, true));
    reporter.on("test:fail", (event: object) => conclude(event as TestEvent, false));
    reporter.on("test:diagnostic", ({ message }) => {
      if (!message.includes("asynchronous activity after the test ended")) return;
      send({ type: "outcome", outcome: { kind: "failed", file: "", line: 0, name: "late error", text: message } });
    });
  },
});

let idleBeats = 0;
setInterval(() => {
  send({ type: "beat" });
  idleBeats = names.size > 0 && waiting.size === 0 ? idleBeats + 1 : 0;
  if (idleBeats < GRACE_BEATS) return;
  const open = [...new Set(process.getActiveResourcesInfo())].join(", ");
  const text = `Still open after the last test: ${open}. Close what the tests open.`;
  const file = files.length === 1 ? (files[0] as string) : "";
  send({ type: "outcome", outcome: { kind: "failed", file, line: 0, name: "clean end", text } });
  send({ type: "end" });
  setImmediate(() => process.exit(1));
}, BEAT).unref();

for await (const _ of stream); // Node ends it when nothing is left open
send({ type: "end" });
