// Compares what single operations cost, each contender in a process of its own, in turns.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { BenchmarkOptions } from "../main.ts";
import { FROM_SOURCE } from "./contender.ts";
import { describeMachine, publishTable, readVersion } from "./report.ts";
import { median, medianRatio, spreadOf } from "./statistics.ts";

/** What is measured, in the contender's own process. */
export interface MicroSubject {
  /** Does the operation so many times. */
  run(count: number): void | Promise<void>;
  close?(): void | Promise<void>;
}

/** The `open` that a benchmark's subjects module exports. */
export type OpenMicroSubject = (caseName: string, contender: string) => Promise<MicroSubject>;

export interface MicroFigures {
  /** CPU time of the process for one operation, all threads, user and system. */
  readonly cpuNanoseconds: number;
  readonly operationsPerSecond: number;
  /** Share of the window in which the process was on a CPU; above 1 where several threads were. */
  readonly busy: number;
}

export interface MicroContender {
  readonly name: string;
  readonly title: string;
  /** The packages whose versions identify it. */
  readonly packages?: readonly string[];
}

/** One operation, done by several. The first is what the others are compared with. */
export interface MicroCase {
  readonly name: string;
  readonly title: string;
  readonly contenders: readonly MicroContender[];
}

/** What `--assert` holds: the CPU time of one contender divided by another's, in the same round, is at most this. */
export interface MicroTarget {
  readonly case: string;
  readonly of: string;
  readonly to: string;
  readonly most: number;
}

export interface MicroComparison {
  /** Names the markers of its table in the docs. */
  readonly name: string;
  /** Exports {@link OpenMicroSubject} as `open`. */
  readonly subjects: URL;
  readonly cases: readonly MicroCase[];
  readonly targets: readonly MicroTarget[];
  readonly rounds?: number;
}

/** Lengths in milliseconds. */
const FULL = { rounds: 5, warmUp: 1_000, measured: 1_500 };
const QUICK = { rounds: 2, warmUp: 300, measured: 300 };
type Timing = typeof FULL;

type Figures = Map<MicroContender, MicroFigures[]>;

/** Runs all rounds and prints the table. @returns whether every asserted target holds */
export async function compareMicro(comparison: MicroComparison, options: BenchmarkOptions): Promise<boolean> {
  const timing = options.quick ? QUICK : FULL;
  const rounds = options.rounds ?? (options.quick ? timing.rounds : (comparison.rounds ?? timing.rounds));
  const results = new Map<MicroCase, Figures>();
  for (const one of comparison.cases) results.set(one, await runCase(comparison, one, { ...timing, rounds }));
  const table = formatTable(results, { ...timing, rounds });
  console.log(`\n${table}`);
  if (!options.quick) publishTable(comparison.name, table);
  const broken = options.assert ? comparison.targets.flatMap((target) => findFault(results, target)) : [];
  for (const target of broken) console.error(`target broken: ${target}`);
  return broken.length === 0;
}

async function runCase(comparison: MicroComparison, one: MicroCase, timing: Timing): Promise<Figures> {
  const figures: Figures = new Map(one.contenders.map((contender) => [contender, []]));
  for (let round = 1; round <= timing.rounds; round++) {
    // Forwards, then backwards: what drifts with time hits all alike.
    for (const contender of round % 2 === 1 ? one.contenders : one.contenders.toReversed()) {
      const measured = await measureOne(comparison, [one.name, contender.name], timing);
      figures.get(contender)?.push(measured);
      const { cpuNanoseconds, operationsPerSecond } = measured;
      console.log(
        `round ${round}  ${one.name.padEnd(24)} ${contender.name.padEnd(22)} ${cpuNanoseconds.toFixed(0)} ns  ${operationsPerSecond.toFixed(0)}/s`,
      );
    }
  }
  return figures;
}

function measureOne(comparison: MicroComparison, names: readonly string[], timing: Timing): Promise<MicroFigures> {
  const { promise, resolve, reject } = Promise.withResolvers<MicroFigures>();
  const file = fileURLToPath(new URL("./micro-child.ts", import.meta.url));
  const words = [comparison.subjects.href, ...names, String(timing.warmUp), String(timing.measured)];
  const child = fork(file, words, { execArgv: [...FROM_SOURCE] });
  child.on("message", (figures) => resolve(figures as MicroFigures));
  child.on("error", reject);
  child.on("exit", (code) => reject(new Error(`${names.join(" of ")} ended with code ${code}`)));
  return promise;
}

/** The ratio within each round, and the median of those. */
function ratioOf(own: readonly MicroFigures[], other: readonly MicroFigures[]): number {
  const nanoseconds = (all: readonly MicroFigures[]): readonly number[] => all.map(({ cpuNanoseconds }) => cpuNanoseconds);
  return medianRatio(nanoseconds(own), nanoseconds(other));
}

function findFault(results: ReadonlyMap<MicroCase, Figures>, { case: name, of, to, most }: MicroTarget): string[] {
  const figures = [...results].find(([one]) => one.name === name)?.[1] ?? new Map<MicroContender, MicroFigures[]>();
  const figuresOf = (wanted: string): readonly MicroFigures[] =>
    [...figures].find(([contender]) => contender.name === wanted)?.[1] ?? [];
  const ratio = ratioOf(figuresOf(of), figuresOf(to));
  // Written so that a figure that is missing breaks its target.
  return ratio <= most ? [] : [`${name}: ${of} costs ${ratio.toFixed(2)} × ${to}, at most ${most} is allowed`];
}

function formatTable(results: ReadonlyMap<MicroCase, Figures>, timing: Timing): string {
  const rows = [...results].flatMap(([one, figures]) => {
    const first = figures.get(one.contenders[0] as MicroContender) ?? [];
    return [...figures].map(([{ title, packages = [] }, own]) => {
      const [main] = packages;
      const name = main === undefined ? title : `${title} (${main} ${readVersion(main)})`;
      const spread = own.map(({ cpuNanoseconds }) => cpuNanoseconds);
      const [low, middle, high] = spreadOf(spread).map(formatTime);
      const rate = median(own.map(({ operationsPerSecond }) => operationsPerSecond)).toFixed(0);
      return `| ${one.title} | ${name} | ${middle} (${low}–${high}) | ${ratioOf(own, first).toFixed(2)} | ${rate} |`;
    });
  });
  const { rounds, measured, warmUp } = timing;
  return [
    "| operation | by | CPU each | × first | operations/s |",
    "| --- | --- | ---: | ---: | ---: |",
    ...rows,
    "",
    `Median of ${rounds} rounds (lowest–highest) of ${measured / 1_000} s after ${warmUp / 1_000} s of warm-up, each in a process of its own, in turns.`,
    describeMachine(),
  ].join("\n");
}

function formatTime(nanoseconds: number): string {
  return nanoseconds < 1_000 ? `${nanoseconds.toFixed(0)} ns` : `${(nanoseconds / 1_000).toFixed(1)} µs`;
}
