import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Contender, contendersIn } from "../../bench/harness/contender.ts";
import type { Figures } from "../../bench/harness/measure.ts";
import { findIdleServers, formatTable } from "../../bench/harness/report.ts";
import { formatReport, toRow } from "../../bench/overload/report.ts";

const HERE = new URL("./", import.meta.url);
const TIMING = { warmUp: 1_000, measured: 1_000 };
const [own] = contendersIn(HERE, [{ name: "benchmarks.test", title: "Own" }]) as readonly [Contender];
const figures = (serverBusy: number): Figures => ({
  cpuMicroseconds: 1,
  requestsPerSecond: 1,
  startupMilliseconds: 1,
  peakBytes: 1,
  serverBusy,
  loadBusy: 0.1,
});

describe("a benchmark", () => {
  test("whose contender has no entry file does not begin without it", () => {
    assert.throws(() => contendersIn(HERE, [{ name: "nobody", title: "Nobody" }]), /no .*nobody\.ts to start nobody by/);
  });

  test("tells which server idled in which round", () => {
    assert.deepEqual(findIdleServers(new Map([[own, [figures(0.8), figures(1.2)]]])), []);
    assert.deepEqual(findIdleServers(new Map([[own, [figures(0.95), figures(0.124)]]])), [
      "benchmarks.test was on a CPU for 12 % of its window in round 2",
    ]);
    assert.equal(findIdleServers(new Map([[own, [figures(Number.NaN)]]])).length, 1);
  });

  test("names versions only where there are packages", () => {
    const options = { connections: 1, ratiosTo: [] };
    assert.doesNotMatch(formatTable(new Map([[own, [figures(1)]]]), options, TIMING), /Versions/);
    const packed = { ...own, packages: ["zod"] };
    assert.match(formatTable(new Map([[packed, [figures(1)]]]), options, TIMING), /Versions: zod \d+\.\d+\.\d+\.$/);
  });

  test("of overload has a dash where nothing was answered", () => {
    const paths = [{ path: "/work/normal", offered: 10, latencies: [], rejected: 0 }];
    const measurement = { paths, seconds: 1, cpuSeconds: 1, loadBusy: 0.1 };
    const row = toRow({ variant: "no shedding", factor: 5, measurement, usual: measurement });
    const report = formatReport({ capacity: 10, rows: [row], mixed: measurement, timing: TIMING });
    assert.doesNotMatch(report, /NaN|Infinity/);
    assert.match(report, /\| no shedding \| 5 × \| 10 \| 0 \| – \| – \| – \| 0 % \| 100 % \| – \|/);
  });
});
