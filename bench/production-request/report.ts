import { readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Contender } from "./contenders.ts";
import { CONNECTIONS, type Figures, type Timing } from "./measure.ts";
import { canPin } from "./pinning.ts";
import { median } from "./statistics.ts";

/** The figures of every round, in order. */
export type Results = Map<Contender, Figures[]>;

type Metric = Exclude<keyof Figures, "loadBusy" | "serverBusy">;

const PAGE = new URL("../../docs/benchmarks.md", import.meta.url);
const START = "<!-- production-request:start -->";
const END = "<!-- production-request:end -->";

/** What `--assert` holds: Plinth's figure divided by the other's, in the same round, is at most this. */
const TARGETS = [
  { metric: "cpuMicroseconds", to: "bare", most: 1.8 },
  { metric: "cpuMicroseconds", to: "fastify", most: 0.55 },
  { metric: "cpuMicroseconds", to: "nest", most: 0.25 },
  { metric: "startupMilliseconds", to: "fastify", most: 2 },
] as const satisfies readonly { metric: Metric; to: string; most: number }[];

/** Sentences about the targets that Plinth misses. */
export function findBrokenTargets(results: Results): string[] {
  return TARGETS.flatMap(({ metric, to, most }) => {
    const ratio = ratioOf(results, metric, "plinth", to);
    // Written so that a figure that is missing breaks its target.
    return ratio <= most ? [] : [`${metric} of plinth is ${ratio.toFixed(2)} × ${to}, at most ${most} is allowed`];
  });
}

/** The ratio of two servers within each round, and the median of those. */
function ratioOf(results: Results, metric: Metric, name: string, to: string): number {
  const [own, other] = [name, to].map((wanted) => [...results].find(([contender]) => contender.name === wanted)?.[1] ?? []);
  const ratios = (own ?? []).map((figures, round) => figures[metric] / (other?.[round]?.[metric] ?? Number.NaN));
  return median(ratios);
}

/** The Markdown between the page's markers. */
export function formatTable(results: Results, timing: Timing): string {
  const header = ["server", "CPU µs/request", "× bare", "× Fastify", "requests/s", "start-up ms", "peak MiB"];
  const rows = [...results].map(([{ name, title, packages }, figures]) => {
    const spread = (metric: Metric, digits: number, unit = 1): string => {
      const values = figures.map((one) => one[metric] / unit);
      const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
        value.toFixed(digits),
      );
      return `${middle} (${low}–${high})`;
    };
    const main = packages[0];
    return [
      main === undefined ? title : `${title} (${main} ${readVersion(main)})`,
      spread("cpuMicroseconds", 1),
      ratioOf(results, "cpuMicroseconds", name, "bare").toFixed(2),
      ratioOf(results, "cpuMicroseconds", name, "fastify").toFixed(2),
      spread("requestsPerSecond", 0),
      spread("startupMilliseconds", 0),
      spread("peakBytes", 0, 2 ** 20),
    ];
  });
  const table = [header, header.map((_, index) => (index === 0 ? "---" : "---:")), ...rows];
  return [...table.map((cells) => `| ${cells.join(" | ")} |`), "", describeRun(results, timing)].join("\n");
}

function describeRun(results: Results, timing: Timing): string {
  const rounds = Math.min(...[...results.values()].map((figures) => figures.length));
  const all = [...results.values()].flat();
  const busiest = Math.max(...all.map(({ loadBusy }) => loadBusy));
  const starved = Math.min(...all.map(({ serverBusy }) => serverBusy));
  const packages = [...new Set([...results.keys()].flatMap((contender) => contender.packages))];
  const day = new Date().toISOString().slice(0, 10);
  return [
    `Median of ${rounds} rounds (lowest–highest) of ${timing.measured / 1_000} s after ${timing.warmUp / 1_000} s of warm-up,`,
    `${CONNECTIONS} connections, server and load ${canPin ? "pinned to a core each" : "not pinned"}.`,
    `Servers were on a CPU for at least ${(starved * 100).toFixed(0)} % of a window, the load for at most ${(busiest * 100).toFixed(0)} %.`,
    `${readCpuModel()}, ${availableParallelism()} cores, Node ${process.versions.node}, ${day}.`,
    `Versions: ${packages.map((name) => `${name} ${readVersion(name)}`).join(", ")}.`,
  ].join("\n");
}

function readVersion(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function readCpuModel(): string {
  return /^model name\s*: (.+)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? process.arch;
}

/** @throws Error when the page has lost its markers */
export function publishTable(table: string): void {
  const page = readFileSync(PAGE, "utf8");
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`docs/benchmarks.md has no ${START} … ${END}`);
  writeFileSync(PAGE, `${page.slice(0, start + START.length)}\n${table}\n${page.slice(end)}`);
}
