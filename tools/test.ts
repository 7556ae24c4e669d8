/**
 * `npm test [-- [--unit] filter …]`: every test that this machine can run. Unit tests share two processes; each file under an `integration` folder
 * gets a process of its own, two at a time. A filter is a part of a path; `--unit` leaves integration tests out. The last line is
 * `N passed, N failed, N skipped`.
 */
import { fork } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { BatchMessage, Outcome } from "./test-messages.ts";

const PROCESSES = 2;
/** A batch whose event loop gives no sign of life for this long is ended. */
const STALL = 30_000;
/** A batch that is not done after this long is ended. */
const BATCH_TIMEOUT = 300_000;
const OUTPUT_KEPT = 16_384;

const root = process.cwd();

interface BatchResult {
  readonly outcomes: readonly Outcome[];
  /** The end of what the tests printed. */
  readonly output: string;
}

function runBatch(files: readonly string[]): Promise<BatchResult> {
  const { promise, resolve: settle } = Promise.withResolvers<BatchResult>();
  const outcomes: Outcome[] = [];
  let output = "";
  let last = { file: files[0] ?? "", name: "loading" };
  let done = false;
  let verdict: string | undefined;
  // NODE_TEST_CONTEXT would make the child believe that it is a child of Node's own runner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = fork(fileURLToPath(import.meta.resolve("./test-batch.ts")), files, {
    silent: true,
    env,
    serialization: "advanced",
  });
  const end = (reason: string): void => {
    verdict = reason;
    child.kill("SIGKILL");
  };
  const stall = setTimeout(() => end(`No sign of life for ${STALL / 1_000} s: an endless loop, or a call that blocks.`), STALL);
  const limit = setTimeout(() => end(`Not done after ${BATCH_TIMEOUT / 1_000} s.`), BATCH_TIMEOUT);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_KEPT);
    });
  }
  child.on("message", (message: BatchMessage) => {
    stall.refresh();
    if (message.type === "begin") last = message;
    else if (message.type === "outcome") outcomes.push(message.outcome);
    else if (message.type === "end") done = true;
  });
  child.on("close", (code, signal) => {
    clearTimeout(stall);
    clearTimeout(limit);
    const failed = outcomes.some((outcome) => outcome.kind === "failed");
    if (!done || verdict !== undefined || (code !== 0 && !failed)) {
      const text = verdict ?? `The process ended early (${signal === null ? `exit code ${code}` : signal}).`;
      outcomes.push({ kind: "failed", file: last.file, line: 0, name: last.name, text });
    }
    settle({ outcomes, output });
  });
  return promise;
}

/** Deals files out in turn, as cards: neighbours, which take about as long, go to different hands. */
function deal(files: readonly string[], hands: number): readonly (readonly string[])[] {
  return Array.from({ length: hands }, (_, hand) => files.filter((_, index) => index % hands === hand));
}

/** Runs batches, two at a time; results come in the order in which batches end. */
async function runAll(batches: readonly (readonly string[])[]): Promise<Outcome[]> {
  const queue = batches.filter((files) => files.length > 0).values();
  const all: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (const files of queue) {
      const { outcomes, output } = await runBatch(files);
      all.push(...outcomes);
      report(outcomes, output);
    }
  };
  await Promise.all(Array.from({ length: PROCESSES }, work));
  return all;
}

function report(outcomes: readonly Outcome[], output: string): void {
  const failures = outcomes.filter((outcome) => outcome.kind === "failed");
  for (const failure of failures) {
    console.log(`\n✖ ${place(failure)} ${failure.name}\n${failure.text.replaceAll(/^/gm, "    ")}`);
  }
  if (failures.length > 0 && output.trim() !== "")
    console.log(`\n  printed by these tests:\n${output.replaceAll(/^/gm, "  | ")}`);
}

function place(outcome: Outcome): string {
  if (outcome.file === "") return "(unknown file)";
  const path = relative(root, outcome.file);
  return outcome.line === 0 ? path : `${path}:${outcome.line}`;
}

function findTests(filters: readonly string[]): { unit: string[]; integration: string[] } {
  const files = globSync(["test/**/*.test.ts", "apps/**/*.test.ts"], { cwd: root, exclude: ["**/node_modules/**"] })
    .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))
    .sort();
  const isIntegration = (file: string): boolean => file.includes("/integration/");
  return {
    unit: files.filter((file) => !isIntegration(file)).map((file) => resolve(root, file)),
    integration: files.filter(isIntegration).map((file) => resolve(root, file)),
  };
}

function announce(files: number): void {
  const entry = fileURLToPath(import.meta.resolve("#src/core/mod"));
  if (!existsSync(entry)) {
    console.error(`${entry} does not exist. Run \`npm run build\` first, or \`npm test\` for the sources.`);
    process.exit(1);
  }
  console.log(`Testing ${entry.endsWith(".ts") ? "src" : "dist"}: ${files} files, Node ${process.versions.node}`);
}

/** Prints the summary and says whether all is well. */
function summarize(outcomes: readonly Outcome[]): boolean {
  const of = (kind: Outcome["kind"]): Outcome[] => outcomes.filter((outcome) => outcome.kind === kind);
  const skipped = of("skipped");
  const strict = process.env["REQUIRE_SERVICES"] === "1";
  for (const skip of skipped)
    console.log(`${strict ? "✖ must not be skipped" : "- skipped"}: ${place(skip)} ${skip.name}: ${skip.text}`);
  const failed = of("failed").length + (strict ? skipped.length : 0);
  if (outcomes.length === 0) console.log("No test ran. Is the filter right?");
  console.log(`${of("passed").length} passed, ${failed} failed, ${strict ? 0 : skipped.length} skipped`);
  return failed === 0 && outcomes.length > 0;
}

const args = process.argv.slice(2);
const tests = findTests(args.filter((arg) => arg !== "--unit"));
if (args.includes("--unit")) tests.integration = [];
announce(tests.unit.length + tests.integration.length);
const outcomes = await runAll(deal(tests.unit, PROCESSES));
outcomes.push(...(await runAll(tests.integration.map((file) => [file]))));
process.exitCode = summarize(outcomes) ? 0 : 1;
