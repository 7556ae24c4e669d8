// npm run bench -- [name …] [--rounds N] [--quick] [--assert]
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";

export interface BenchmarkOptions {
  /** How many rounds; each benchmark has its own default. */
  readonly rounds: number | undefined;
  /** Fewer and shorter rounds, and nothing is written into the docs. */
  readonly quick: boolean;
  /** Whether a missed target fails the run. */
  readonly assert: boolean;
}

const BENCHMARKS: Readonly<Record<string, () => Promise<{ run(options: BenchmarkOptions): Promise<boolean> }>>> = {
  "production-request": () => import("./production-request/run.ts"),
  startup: () => import("./startup/run.ts"),
  hello: () => import("./hello/run.ts"),
  routes: () => import("./routes/run.ts"),
  threads: () => import("./threads/run.ts"),
  payload: () => import("./payload/run.ts"),
  overload: () => import("./overload/run.ts"),
  sse: () => import("./sse/run.ts"),
  websocket: () => import("./websocket/run.ts"),
  db: () => import("./db/run.ts"),
  cache: () => import("./cache/run.ts"),
  ratelimit: () => import("./ratelimit/run.ts"),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    quick: { type: "boolean", default: false },
    assert: { type: "boolean", default: false },
  },
});
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const names = positionals.length === 0 ? Object.keys(BENCHMARKS) : positionals;
const unknown = names.filter((name) => BENCHMARKS[name] === undefined);

if (unknown.length > 0 || (rounds !== undefined && !(Number.isInteger(rounds) && rounds > 0))) {
  console.error(`usage: npm run bench -- [${Object.keys(BENCHMARKS).join(" | ")}] [--rounds N] [--quick] [--assert]`);
  process.exitCode = 2;
} else {
  installPeers();
  for (const name of names) {
    const benchmark = await BENCHMARKS[name]?.();
    const held = await benchmark?.run({ rounds, quick: values.quick, assert: values.assert });
    if (held !== true) process.exitCode = 1;
  }
}

/** The peers have a lock file of their own, so that the project's `npm ci` stays lean; they are installed when first needed. */
function installPeers(): void {
  const room = fileURLToPath(new URL(".", import.meta.url));
  const age = (file: string): number => statSync(room + file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (age("node_modules/.package-lock.json") >= age("package-lock.json")) return;
  // Under `npm run` that npm's own script, so that it runs on this Node too.
  const npm = process.env["npm_execpath"];
  const [command, ...first] = npm === undefined ? ["npm"] : [process.execPath, npm];
  const { status } = spawnSync(command, [...first, "ci", "--prefix", room], { stdio: "inherit" });
  if (status !== 0) throw new Error("npm ci --prefix bench failed");
}
