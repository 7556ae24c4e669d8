import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";

/** The command as these tests run it: from sources with sources, from a build with a build. */
const MAIN = fileURLToPath(import.meta.resolve("#src/cli/main"));
const BIN = fileURLToPath(new URL("../../../bin/plinth.js", import.meta.url));

export interface CommandOptions {
  /** The working folder. */
  readonly folder: string;
  /** Variables beside PATH. */
  readonly env?: Readonly<Record<string, string>>;
  /** Which file is run. Default `main`. */
  readonly by?: "main" | "bin";
}

export interface CommandOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

type CommandProcess = ChildProcessByStdio<null, Readable, Readable>;

/** Starts `plinth <words>` with nothing of this process's environment but PATH. */
export function startCommand(words: readonly string[], options: CommandOptions): CommandProcess {
  const conditions = MAIN.endsWith(".ts") ? ["--conditions=plinth:source"] : [];
  const program = options.by === "bin" ? [BIN] : [...conditions, MAIN];
  const child = spawn(process.execPath, [...program, ...words], {
    cwd: options.folder,
    env: { PATH: process.env["PATH"], ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true, // a group of its own, which can be ended whole
  });
  const end = (): void => endGroup(child);
  process.once("exit", end);
  child.once("exit", () => process.off("exit", end));
  return child;
}

/** Ends a command and whatever it started. */
function endGroup(child: CommandProcess): void {
  try {
    process.kill(-(child.pid as number), "SIGKILL");
  } catch {
    // all of it has ended
  }
}

/** Runs `plinth <words>` to its end. */
export async function runCommand(words: readonly string[], options: CommandOptions): Promise<CommandOutcome> {
  const child = startCommand(words, options);
  const read = async (stream: Readable): Promise<string> => (await stream.setEncoding("utf8").toArray()).join("");
  const [stdout, stderr, [code]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, "close")]);
  return { code: code as number | null, stdout, stderr };
}

/** A command that goes on running, and what it prints, line by line. */
export class RunningCommand implements AsyncDisposable {
  readonly child: CommandProcess;
  readonly exited: Promise<number | null>;
  readonly #lines: string[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(words: readonly string[], options: CommandOptions) {
    this.child = startCommand(words, options);
    for (const input of [this.child.stdout, this.child.stderr]) {
      createInterface({ input }).on("line", (line) => {
        this.#lines.push(line);
        for (const look of this.#waiting) look();
      });
    }
    this.exited = once(this.child, "close").then(([code]) => {
      for (const look of this.#waiting) look();
      return code as number | null;
    });
  }

  get output(): string {
    return this.#lines.join("\n");
  }

  /** How many lines match. */
  count(pattern: RegExp): number {
    return this.#lines.filter((line) => pattern.test(line)).length;
  }

  /** Resolves with the n-th line that matches; rejects when the command ends before that, or after 30 seconds. */
  waitFor(pattern: RegExp, n = 1): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const fail = (why: string): void => reject(new Error(`line ${n} of ${String(pattern)}: ${why}. It printed:\n${this.output}`));
    const look = (): void => {
      const found = this.#lines.filter((line) => pattern.test(line))[n - 1];
      if (found !== undefined) resolve(found);
      else if (this.child.exitCode !== null) fail("the command ended");
    };
    const timer = setTimeout(() => fail("not within 30 s"), 30_000);
    this.#waiting.add(look);
    look();
    return promise.finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(look);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    endGroup(this.child);
    await this.exited;
  }
}
