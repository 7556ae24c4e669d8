import { describeMachine } from "../harness/report.ts";
import { canPin } from "../harness/pinning.ts";
import type { PathReport } from "./load.ts";
import type { Measurement, Timing } from "./measure.ts";

/** An answer that comes later than this helps nobody. */
const IN_TIME_MS = 1_000;
const MICROSECONDS = 1e6;

/** What one load on one server came to. */
export interface Row {
  readonly variant: string;
  readonly factor: number;
  readonly offered: number;
  /** Requests a second that were answered with 200 within a second. */
  readonly goodput: number;
  readonly p50: number;
  readonly p99: number;
  readonly rejectedShare: number;
  /** Neither answered nor refused while the client waited. */
  readonly lostShare: number;
  /** CPU µs of a request that was answered, at the first load. */
  readonly cpuPerAnswer: number;
  /** CPU µs of one that was refused; NaN where none was. */
  readonly cpuPerRejection: number;
  readonly loadBusy: number;
}

/** How `--assert` judges: of the goodput at the first load, and in milliseconds. */
const LEAST_SHARE = 0.85;
const MOST_P99 = 500;

const inTime = ({ latencies }: PathReport): number => latencies.filter((latency) => latency <= IN_TIME_MS).length;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;

/** Requests a second that were answered in time. */
export function goodputOf({ paths, seconds }: Measurement): number {
  return sum(paths.map(inTime)) / seconds;
}

interface RowParts {
  readonly variant: string;
  readonly factor: number;
  readonly measurement: Measurement;
  /** The same server at the first load. */
  readonly usual: Measurement;
}

export function toRow({ variant, factor, measurement, usual }: RowParts): Row {
  const [path] = measurement.paths as readonly [PathReport];
  const { offered, latencies, rejected } = path;
  const usualAnswers = sum(usual.paths.map((one) => one.latencies.length));
  const usualRejected = sum(usual.paths.map((one) => one.rejected));
  // A refusal at the first load is rare; counting it as free errs by less than the clock's tick.
  const cpuPerAnswer = usual.cpuSeconds / Math.max(1, usualAnswers);
  const forRejections = measurement.cpuSeconds - latencies.length * cpuPerAnswer;
  return {
    variant,
    factor,
    offered: offered / measurement.seconds,
    goodput: goodputOf(measurement),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    rejectedShare: rejected / offered,
    lostShare: (offered - rejected - latencies.length) / offered,
    cpuPerAnswer: cpuPerAnswer * MICROSECONDS,
    cpuPerRejection: rejected > usualRejected ? (forRejections / rejected) * MICROSECONDS : Number.NaN,
    loadBusy: measurement.loadBusy,
  };
}

/** Sentences about what shedding should hold and does not. */
export function findBrokenTargets(rows: readonly Row[]): string[] {
  const own = rows.filter(({ variant }) => variant === "shedding");
  const peak = Math.max(...own.map(({ goodput }) => goodput));
  return own.flatMap(({ factor, goodput, p99 }) => {
    const faults: string[] = [];
    if (!(goodput >= peak * LEAST_SHARE))
      faults.push(`goodput at ${factor} × is ${((goodput / peak) * 100).toFixed(0)} % of the peak`);
    if (!(p99 <= MOST_P99)) faults.push(`p99 at ${factor} × is ${p99.toFixed(0)} ms`);
    return faults;
  });
}

interface Report {
  readonly capacity: number;
  readonly rows: readonly Row[];
  readonly mixed: Measurement;
  readonly timing: Timing;
}

/** A figure, or a dash where there was nothing to take it from. */
const whole = (value: number): string => (Number.isFinite(value) ? value.toFixed(0) : "–");
const percent = (share: number): string => (Number.isFinite(share) ? `${whole(share * 100)} %` : "–");

/** The Markdown between the page's markers. */
export function formatReport({ capacity, rows, mixed, timing }: Report): string {
  const peak = Math.max(...rows.map(({ goodput }) => goodput));
  const loads = rows.map((row) => [
    row.variant,
    `${row.factor} ×`,
    whole(row.offered),
    whole(row.goodput),
    percent(row.goodput / peak),
    whole(row.p50),
    whole(row.p99),
    percent(row.rejectedShare),
    percent(row.lostShare),
    Number.isFinite(row.cpuPerRejection) ? `${whole(row.cpuPerRejection)} of ${whole(row.cpuPerAnswer)}` : "–",
  ]);
  const mix = mixed.paths.map((path) => [
    path.path.split("/").at(-1) as string,
    whole(path.offered / mixed.seconds),
    percent(path.latencies.length / path.offered),
    whole(percentile(path.latencies, 0.5)),
    whole(percentile(path.latencies, 0.99)),
  ]);
  return [
    ...formatTable("server|load|offered/s|goodput/s|of the peak|p50 ms|p99 ms|refused|lost|CPU µs a refusal", loads),
    "",
    "At twice the capacity, a third of it of each priority:",
    "",
    ...formatTable("priority|offered/s|answered|p50 ms|p99 ms", mix),
    "",
    `Capacity ${capacity.toFixed(0)} requests/s. Each load ${timing.measured / 1_000} s after ${timing.warmUp / 1_000} s, one event loop,`,
    `server and load ${canPin ? "pinned to a core each" : "not pinned"}, the load on a CPU for at most ${percent(Math.max(...rows.map(({ loadBusy }) => loadBusy)))} of a window.`,
    describeMachine(),
  ].join("\n");
}

function formatTable(header: string, rows: readonly (readonly string[])[]): string[] {
  const names = header.split("|");
  const lines = [names, names.map((_, index) => (index === 0 ? "---" : "---:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`);
}
