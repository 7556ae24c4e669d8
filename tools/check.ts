/** `npm run check`: everything that can be said without servers, in less than half a minute. Prints a line for each step. */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const bin = (name: string): string => join("node_modules", ".bin", name);
const tool = (name: string, ...args: string[]): string[] => [
  process.execPath,
  "--conditions=plinth:source",
  `tools/${name}.ts`,
  ...args,
];

/** The longest first, so that no processor idles at the end. */
const STEPS: Readonly<Record<string, readonly string[]>> = {
  "unit tests": tool("test", "--unit"),
  docs: tool("docs"),
  lint: [bin("oxlint"), "--type-aware", "--deny-warnings"],
  types: [bin("tsc"), "--noEmit"],
  "published types": [bin("tsc"), "-p", "tsconfig.build.json", "--noEmit"],
  unused: [bin("knip")],
  format: [bin("oxfmt"), "--check", "src", "test", "apps", "tools", "bench", "bin"],
  boundaries: tool("boundaries"),
  packages: tool("packages"),
};

/** Runs a command; resolves to whether it succeeded, and to all that it printed. */
function run(command: readonly string[]): Promise<{ readonly ok: boolean; readonly output: string }> {
  const [program = "", ...args] = command;
  const { promise, resolve } = Promise.withResolvers<{ readonly ok: boolean; readonly output: string }>();
  let output = "";
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  child.on("error", (error) => resolve({ ok: false, output: String(error) }));
  child.on("close", (code) => resolve({ ok: code === 0, output }));
  return promise;
}

const begun = performance.now();
const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(1)} s`;
const failed: string[] = [];
const queue = Object.entries(STEPS).values();

async function work(): Promise<void> {
  for (const [name, command] of queue) {
    const start = performance.now();
    const { ok, output } = await run(command);
    console.log(`${ok ? "✔" : "✖"} ${name.padEnd(16)} ${seconds(start)}`);
    if (ok) continue;
    failed.push(name);
    console.log(output.trimEnd().replaceAll(/^/gm, "    "));
  }
}

await Promise.all(Array.from({ length: Math.min(Math.max(availableParallelism(), 2), 4) }, work));
console.log(failed.length === 0 ? `All well after ${seconds(begun)}` : `Failed after ${seconds(begun)}: ${failed.join(", ")}`);
if (failed.length > 0) process.exitCode = 1;
