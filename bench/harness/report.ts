import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Contender } from "./contender.ts";
import type { Figures, Timing } from "./measure.ts";
import { canPin } from "./pinning.ts";
import { medianRatio, spreadOf } from "./statistics.ts";

/** The figures of every round, in order. */
export type Results = Map<Contender, Figures[]>;

export type Metric = Exclude<keyof Figures, "loadBusy" | "serverBusy">;

/** What `--assert` holds: one server's figure divided by another's, in the same round, is at most this. */
export interface Target {
  readonly metric: Metric;
  /** Ids of contenders. */
  readonly of: string;
  readonly to: string;
  readonly most: number;
}

/** What a table says about its comparison. */
export interface TableOptions {
  readonly connections: number;
  /** Names of the contenders that each row is compared with, those of the same variant. */
  readonly ratiosTo: readonly string[];
  /** What is counted. Default `request`. */
  readonly unit?: string;
}

const PAGE = new URL("../../docs/benchmarks.md", import.meta.url);

/** Sentences about the targets that are missed. */
export function findBrokenTargets(results: Results, targets: readonly Target[]): string[] {
  return targets.flatMap(({ metric, of, to, most }) => {
    const ratio = ratioOf(results, metric, of, to);
    // Written so that a figure that is missing breaks its target.
    return ratio <= most ? [] : [`${metric} of ${of} is ${ratio.toFixed(2)} × ${to}, at most ${most} is allowed`];
  });
}

/** The ratio of two servers within each round, and the median of those. */
function ratioOf(results: Results, metric: Metric, id: string, to: string): number {
  const [own, other] = [id, to].map((wanted) => [...results].find(([contender]) => contender.id === wanted)?.[1] ?? []);
  const [values = [], others = []] = [own, other].map((all) => all?.map((figures) => figures[metric]));
  return medianRatio(values, others);
}

/** A server that had less of a core than this was waiting, for the load or for the machine: its figures are not its own. */
const LEAST_BUSY = 0.8;

/** Sentences about servers that should have been busy all the time, and were not. */
export function findIdleServers(results: Results): string[] {
  return [...results].flatMap(([{ id }, figures]) =>
    figures
      .map(({ serverBusy }, round) => ({ serverBusy, round: round + 1 }))
      .filter(({ serverBusy }) => !(serverBusy >= LEAST_BUSY))
      .map(
        ({ serverBusy, round }) => `${id} was on a CPU for ${(serverBusy * 100).toFixed(0)} % of its window in round ${round}`,
      ),
  );
}

/** The Markdown between the page's markers. */
export function formatTable(results: Results, options: TableOptions, timing: Timing): string {
  const { ratiosTo, unit = "request" } = options;
  const varied = [...results.keys()].some(({ variant }) => variant !== "");
  const header = [
    "server",
    ...(varied ? ["variant"] : []),
    `CPU µs/${unit}`,
    ...ratiosTo.map((name) => `× ${name}`),
    `${unit}s/s`,
    "start-up ms",
    "peak MiB",
  ];
  const rows = [...results].map(([{ id, title, variant, packages }, figures]) => {
    const main = packages[0];
    const cells = [main === undefined ? title : `${title} (${main} ${readVersion(main)})`];
    if (varied) cells.push(variant);
    cells.push(formatSpread(figures, "cpuMicroseconds", 1));
    for (const name of ratiosTo) {
      cells.push(ratioOf(results, "cpuMicroseconds", id, variant === "" ? name : `${name}/${variant}`).toFixed(2));
    }
    cells.push(formatSpread(figures, "requestsPerSecond", 0), formatSpread(figures, "startupMilliseconds", 0));
    cells.push(formatSpread(figures, "peakBytes", 0, 2 ** 20));
    return cells;
  });
  const table = [header, header.map((_, index) => (index === 0 ? "---" : "---:")), ...rows];
  return [...table.map((cells) => `| ${cells.join(" | ")} |`), "", describeRun(results, options, timing)].join("\n");
}

function formatSpread(figures: readonly Figures[], metric: Metric, digits: number, unit = 1): string {
  const values = figures.map((one) => one[metric] / unit);
  const [low, middle, high] = spreadOf(values).map((value) => value.toFixed(digits));
  return `${middle} (${low}–${high})`;
}

function describeRun(results: Results, { connections }: TableOptions, timing: Timing): string {
  const rounds = Math.min(...[...results.values()].map((figures) => figures.length));
  const all = [...results.values()].flat();
  const busiest = Math.max(...all.map(({ loadBusy }) => loadBusy));
  const starved = Math.min(...all.map(({ serverBusy }) => serverBusy));
  const packages = [...new Set([...results.keys()].flatMap((contender) => contender.packages))];
  return [
    `Median of ${rounds} rounds (lowest–highest) of ${timing.measured / 1_000} s after ${timing.warmUp / 1_000} s of warm-up,`,
    `${connections} connections, server and load ${canPin && [...results.keys()].every(({ pinned }) => pinned) ? "pinned to a core each" : "not pinned"}.`,
    `Servers were on a CPU for at least ${(starved * 100).toFixed(0)} % of a window, the load for at most ${(busiest * 100).toFixed(0)} %.`,
    describeMachine(),
    ...(packages.length === 0 ? [] : [`Versions: ${packages.map((name) => `${name} ${readVersion(name)}`).join(", ")}.`]),
  ].join("\n");
}

/** One sentence on where and when a table was made. */
export function describeMachine(): string {
  const model = /^model name\s*: (.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
  const day = new Date().toISOString().slice(0, 10);
  return `${model}, ${availableParallelism()} cores, Node ${process.versions.node}, ${day}.`;
}

/** A peer's version, or that of a package which the project itself has. */
export function readVersion(name: string): string {
  const manifest = (folder: string): URL => new URL(`${folder}/${name}/package.json`, import.meta.url);
  const [own, root] = [manifest("../node_modules"), manifest("../../node_modules")];
  const file = existsSync(own) ? own : root;
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

/** Puts a table into docs/benchmarks.md, between the markers of its name. @throws Error when the page has lost them */
export function publishTable(name: string, table: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [open, close] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [start, end] = [page.indexOf(open), page.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`docs/benchmarks.md has no ${open} … ${close}`);
  writeFileSync(PAGE, `${page.slice(0, start + open.length)}\n${table}\n${page.slice(end)}`);
}
