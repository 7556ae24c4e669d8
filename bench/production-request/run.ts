import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BenchmarkOptions } from "../main.ts";
import { checkConformance } from "./conformance.ts";
import { contenders } from "./contenders.ts";
import { type Figures, measure, type Timing } from "./measure.ts";
import { ServerProcess } from "./server-process.ts";
import { findBrokenTargets, formatTable, publishTable, type Results } from "./report.ts";

const FULL: Timing & { rounds: number } = { rounds: 5, warmUp: 10_000, measured: 3_000 };
const QUICK: Timing & { rounds: number } = { rounds: 2, warmUp: 1_000, measured: 1_000 };

/** @returns whether every asserted target holds */
export async function run(options: BenchmarkOptions): Promise<boolean> {
  const timing = options.quick ? QUICK : FULL;
  const rounds = options.rounds ?? timing.rounds;
  const logFile = join(tmpdir(), `plinth-bench-${process.pid}.log`);
  const results: Results = new Map(contenders.map((contender) => [contender, [] as Figures[]]));
  try {
    for (const contender of contenders.filter(({ production }) => production)) {
      const server = await ServerProcess.start(contender, logFile);
      await checkConformance(server).finally(() => server.stop());
      console.log(`${contender.name} does the whole work`);
    }
    for (let round = 1; round <= rounds; round++) {
      // Forwards, then backwards: what drifts with time hits all alike.
      for (const contender of round % 2 === 1 ? contenders : contenders.toReversed()) {
        const figures = await measure(contender, timing, logFile);
        results.get(contender)?.push(figures);
        console.log(describe(round, contender.name, figures));
      }
    }
  } finally {
    rmSync(logFile, { force: true });
  }
  const table = formatTable(results, timing);
  console.log(`\n${table}`);
  if (!options.quick) publishTable(table);
  if (!options.assert) return true;
  const broken = findBrokenTargets(results);
  for (const target of broken) console.error(`target broken: ${target}`);
  return broken.length === 0;
}

function describe(round: number, name: string, figures: Figures): string {
  const { cpuMicroseconds, requestsPerSecond, startupMilliseconds, peakBytes, serverBusy, loadBusy } = figures;
  return [
    `round ${round}`,
    name.padEnd(8),
    `${cpuMicroseconds.toFixed(1)} µs/request`,
    `${requestsPerSecond.toFixed(0)} requests/s`,
    `start-up ${startupMilliseconds.toFixed(0)} ms`,
    `peak ${(peakBytes / 2 ** 20).toFixed(0)} MiB`,
    `server busy ${(serverBusy * 100).toFixed(0)} %`,
    `load busy ${(loadBusy * 100).toFixed(0)} %`,
  ].join("  ");
}
