// What happens at twice and at five times of what a server can do, with shedding and without.
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Contender, contendersIn, withVariants } from "../harness/contender.ts";
import { publishTable } from "../harness/report.ts";
import { ServerProcess } from "../harness/server-process.ts";
import type { BenchmarkOptions } from "../main.ts";
import { type Measurement, type Timing, measure } from "./measure.ts";
import { type Row, findBrokenTargets, formatReport, goodputOf, toRow } from "./report.ts";

const FULL: Timing = { warmUp: 4_000, measured: 6_000 };
const QUICK: Timing = { warmUp: 2_000, measured: 3_000 };
const FACTORS = [1, 2, 5] as const;
/** The capacity is looked for in steps from here, by the requests a second that are answered in time. */
const FIRST_RATE = 200;
const STEP = 1.15;
const STEP_TIMING: Timing = { warmUp: 1_000, measured: 1_500 };

const CONTENDERS = contendersIn(
  new URL("./", import.meta.url),
  withVariants([{ name: "plinth", title: "**Plinth**", metrics: "admin" }], ["shedding", "no shedding"]),
);
const MIX = ["/work/low", "/work/normal", "/work/high"];

/** @returns whether every asserted target holds */
export async function run(options: BenchmarkOptions): Promise<boolean> {
  const timing = options.quick ? QUICK : FULL;
  const logFile = join(tmpdir(), `plinth-bench-${process.pid}.log`);
  const rows: Row[] = [];
  try {
    const [shedding, plain] = CONTENDERS as readonly [Contender, Contender];
    const capacity = await withServer(plain, logFile, findCapacity);
    console.log(`capacity ${capacity.toFixed(0)} requests/s`);
    for (const contender of [shedding, plain]) rows.push(...(await loadInTurn(contender, logFile, { capacity, timing })));
    const mixed = await withServer(shedding, logFile, (server) =>
      measure(server, { rate: capacity * 2, paths: MIX, timing: { ...timing, warmUp: timing.warmUp * 2 } }),
    );
    const table = formatReport({ capacity, rows, mixed, timing });
    console.log(`\n${table}`);
    if (!options.quick) publishTable("overload", table);
  } finally {
    rmSync(logFile, { force: true });
  }
  if (!options.assert) return true;
  const broken = findBrokenTargets(rows);
  for (const target of broken) console.error(`target broken: ${target}`);
  return broken.length === 0;
}

async function loadInTurn(
  contender: Contender,
  logFile: string,
  { capacity, timing }: { readonly capacity: number; readonly timing: Timing },
): Promise<readonly Row[]> {
  return withServer(contender, logFile, async (server) => {
    const rows: Row[] = [];
    let usual: Measurement | undefined;
    for (const factor of FACTORS) {
      const measurement = await measure(server, { rate: capacity * factor, paths: ["/work/normal"], timing });
      usual ??= measurement;
      const row = toRow({ variant: contender.variant, factor, measurement, usual });
      rows.push(row);
      console.log(JSON.stringify(row));
    }
    return rows;
  });
}

/** The most requests a second that are answered in time. */
async function findCapacity(server: ServerProcess): Promise<number> {
  let best = 0;
  for (let rate = FIRST_RATE; ; rate *= STEP) {
    const goodput = goodputOf(await measure(server, { rate, paths: ["/work/normal"], timing: STEP_TIMING }));
    if (goodput < best) return best;
    best = goodput;
  }
}

async function withServer<Result>(
  contender: Contender,
  logFile: string,
  use: (server: ServerProcess) => Promise<Result>,
): Promise<Result> {
  const server = await ServerProcess.start(contender, logFile);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}
