import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchmarkOptions } from "../main.ts";
import type { Contender } from "./contender.ts";
import { type Figures, type MeasureOptions, type Timing, measure } from "./measure.ts";
import { type Target, findBrokenTargets, findIdleServers, formatTable, publishTable, type Results } from "./report.ts";
import { ServerProcess } from "./server-process.ts";

/** A side-by-side comparison of servers under the same load. */
export interface Comparison extends Pick<MeasureOptions, "connections" | "traffic" | "load" | "verify"> {
  /** Names the markers of its table in the docs. */
  readonly name: string;
  readonly contenders: readonly Contender[];
  readonly full: Timing & { readonly rounds: number };
  /** Ids or names of the servers that the table's ratios refer to. */
  readonly ratiosTo: readonly string[];
  readonly targets: readonly Target[];
  /** Whether the load gives each server all that it can do; a table whose servers idled all the same is not published. Default true. */
  readonly saturating?: boolean;
  /** What is counted. Default `request`. */
  readonly unit?: string;
  /** Looks at each server before anything is timed. Throws when it does less than the others. */
  readonly examine?: (server: ServerProcess, contender: Contender) => Promise<void>;
}

const QUICK: Timing & { readonly rounds: number } = { rounds: 2, warmUp: 1_000, measured: 1_000 };

/** Runs all rounds and prints the table. @returns whether every asserted target holds */
export async function compare(comparison: Comparison, options: BenchmarkOptions): Promise<boolean> {
  const { contenders, full, examine } = comparison;
  const timing = options.quick ? QUICK : full;
  const rounds = options.rounds ?? timing.rounds;
  const logFile = join(tmpdir(), `plinth-bench-${process.pid}.log`);
  const results: Results = new Map(contenders.map((contender) => [contender, [] as Figures[]]));
  try {
    if (examine !== undefined) for (const contender of contenders) await examineOne(contender, logFile, examine);
    for (let round = 1; round <= rounds; round++) {
      // Forwards, then backwards: what drifts with time hits all alike.
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        const figures = await measure(contender, { ...comparison, timing, logFile });
        results.get(contender)?.push(figures);
        console.log(describe(round, contender.id, { figures, unit: comparison.unit ?? "request" }));
      }
    }
  } finally {
    rmSync(logFile, { force: true });
  }
  const table = formatTable(results, comparison, timing);
  console.log(`\n${table}`);
  if (!options.quick) publish(comparison, results, table);
  if (!options.assert) return true;
  const broken = findBrokenTargets(results, comparison.targets);
  for (const target of broken) console.error(`target broken: ${target}`);
  return broken.length === 0;
}

function publish({ name, saturating = true }: Comparison, results: Results, table: string): void {
  const idle = saturating ? findIdleServers(results) : [];
  if (idle.length === 0) return publishTable(name, table);
  for (const sentence of idle) console.error(`not published: ${sentence}`);
  console.error("docs/benchmarks.md keeps its table: run this again on a quiet machine.");
}

async function examineOne(contender: Contender, logFile: string, examine: NonNullable<Comparison["examine"]>): Promise<void> {
  const server = await ServerProcess.start(contender, logFile);
  await examine(server, contender).finally(() => server.stop());
}

function describe(round: number, id: string, { figures, unit }: { readonly figures: Figures; readonly unit: string }): string {
  const { cpuMicroseconds, requestsPerSecond, startupMilliseconds, peakBytes, serverBusy, loadBusy } = figures;
  return [
    `round ${round}`,
    id.padEnd(12),
    `${cpuMicroseconds.toFixed(1)} µs/${unit}`,
    `${requestsPerSecond.toFixed(0)} ${unit}s/s`,
    `start-up ${startupMilliseconds.toFixed(0)} ms`,
    `peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
    `server busy ${(serverBusy * 100).toFixed(0)} %`,
    `load busy ${(loadBusy * 100).toFixed(0)} %`,
  ].join("  ");
}
