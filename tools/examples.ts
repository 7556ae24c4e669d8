/**
 * The examples of the documentation are programs: every `ts` block that imports from "plinth/…" is type-checked, and run unless its fence
 * says `no-run`.
 */
import { execFile } from "node:child_process";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve as absolute } from "node:path";

interface Example {
  /** Where it stands: file and line. */
  readonly place: string;
  /** Its file's name, made of the place so that the compiler's messages lead there. */
  readonly name: string;
  readonly code: string;
  readonly runs: boolean;
}

const RUN_TIMEOUT = 20_000;
const PAGES = ["README.md", "src/*/README.md", "docs/**/*.md"];
const FENCE = /^```ts(?: ([^\n]*))?\n([\s\S]*?)^```$/gm;

/** The examples of a page. */
export function findExamples(file: string, text: string): Example[] {
  return [...text.matchAll(FENCE)].flatMap((match) => {
    const [, flags = "", code = ""] = match;
    if (!/(?:from|import)\s+"plinth\//.test(code)) return [];
    const line = text.slice(0, match.index).split("\n").length;
    const name = `${file.replaceAll(/[^\w]+/g, "-")}-line-${line}.ts`;
    return [{ place: `${file}:${line}`, name, code, runs: !flags.split(/\s+/).includes("no-run") }];
  });
}

interface Run {
  readonly failed: boolean;
  readonly output: string;
}

/** Where examples find what others have compiled, and the next check all of it. */
const COMPILED = absolute(".cache", "compiled");

function run(args: readonly string[], cwd: string, timeout: number): Promise<Run> {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd, env, timeout, killSignal: "SIGKILL" }, (error, stdout, stderr) => {
      const late = error?.killed === true ? `Not done after ${timeout} ms: an example ends by itself.\n` : "";
      resolve({ failed: error !== null, output: late + stdout + stderr });
    });
  });
}

/** Type-checks and runs the examples of the repository at `root`. Returns what is wrong. */
export async function checkExamples(root: string): Promise<string[]> {
  const examples = globSync(PAGES, { cwd: root })
    .sort()
    .flatMap((file) => findExamples(file, readFileSync(join(root, file), "utf8")));
  if (examples.length === 0) return [];
  // Inside the repository, because that is where "plinth/…" leads to the sources.
  const folder = join(root, ".cache", "examples");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(root, ".cache", ".gitignore"), "*\n");
  writeFileSync(join(folder, "tsconfig.json"), `{ "extends": "../../tsconfig.json", "include": ["*.ts"] }`);
  for (const { name, code } of examples) writeFileSync(join(folder, name), code);

  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const types = await run([compiler, "-p", folder, "--noUnusedLocals", "false"], folder, 60_000);
  const faults = types.failed ? [`The types of these examples are wrong:\n${types.output}`] : [];
  for (const { place, name, runs } of examples) {
    if (!runs) continue;
    const { failed, output } = await run(["--conditions=plinth:source", join(folder, name)], tmpdir(), RUN_TIMEOUT);
    if (failed) faults.push(`${place} The example fails:\n${output}`);
  }
  return faults;
}
