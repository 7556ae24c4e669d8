// The load, in a process of its own: requests leave at fixed times, whether or not earlier ones were answered, and each is timed from
// the moment it should have left. A closed loop would slow down with the server and hide the very delay that is to be measured.
// Started with an IPC channel: `node load.ts <port> <requests a second> <warm-up ms> <measured ms> <path,path,…>`.
import { type Socket, connect } from "node:net";
import { HOST } from "../harness/environment.ts";
import { formatRequest } from "../harness/traffic.ts";

/** What became of the requests of one path that were due in the measured window. */
export interface PathReport {
  readonly path: string;
  readonly offered: number;
  /** Latencies of those that were answered with 200, in milliseconds, sorted. */
  readonly latencies: readonly number[];
  /** Answered with 503. */
  readonly rejected: number;
}

export type OverloadReport =
  | { readonly state: "measuring" }
  /** The window is over; answers are still waited for. */
  | { readonly state: "measured"; readonly busy: number }
  | { readonly state: "finished"; readonly paths: readonly PathReport[] };

/** A client that has waited so long has gone away. */
const PATIENCE_MS = 2_000;
const MOST_CONNECTIONS = 8_000;

const [port = 0, rate = 0, warmUp = 0, measured = 0] = process.argv.slice(2, 6).map(Number);
const paths = (process.argv[6] ?? "").split(",");
const tallies = paths.map((path) => ({
  path,
  bytes: formatRequest(`GET ${path}`, { host: `${HOST}:${port}`, "user-agent": "plinth-bench" }),
  offered: 0,
  latencies: [] as number[],
  rejected: 0,
}));
type Tally = (typeof tallies)[number];

const idle: Client[] = [];
let connections = 0;

/** A connection that carries one request at a time. */
class Client {
  readonly #socket: Socket;
  #tally: Tally | undefined;
  #due = 0;
  #counts = false;
  #received = "";
  #patience: NodeJS.Timeout | undefined;

  constructor() {
    connections++;
    this.#socket = connect({ port, host: HOST, noDelay: true });
    this.#socket.setEncoding("latin1");
    this.#socket.on("data", (text: string) => this.#read(text));
    this.#socket.on("error", () => this.#socket.destroy());
    this.#socket.on("close", () => this.#closed());
  }

  send(tally: Tally, due: number, counts: boolean): void {
    this.#tally = tally;
    this.#due = due;
    this.#counts = counts;
    this.#received = "";
    this.#patience = setTimeout(() => this.#socket.destroy(), PATIENCE_MS);
    this.#socket.write(tally.bytes);
  }

  #read(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received)?.[1]);
    if (this.#received.length < headEnd + 4 + length) return;
    const tally = this.#tally;
    clearTimeout(this.#patience);
    this.#tally = undefined;
    idle.push(this);
    if (tally === undefined || !this.#counts) return;
    const status = this.#received.slice(9, 12);
    if (status === "200") tally.latencies.push(performance.now() - this.#due);
    else if (status === "503") tally.rejected++;
    else throw new Error(`answered ${this.#received}`);
  }

  #closed(): void {
    connections--;
    clearTimeout(this.#patience);
    const at = idle.indexOf(this);
    if (at >= 0) idle.splice(at, 1);
  }
}

function report(message: OverloadReport): void {
  process.send?.(message);
}

const start = performance.now();
const windowEnd = warmUp + measured;
let sent = 0;
let cpuBefore: NodeJS.CpuUsage | undefined;

/** Sends whatever is due. A request for which there is no connection left is offered and lost. */
function sendDue(): void {
  const now = performance.now() - start;
  for (let due = (sent * 1_000) / rate; due <= Math.min(now, windowEnd); due = (++sent * 1_000) / rate) {
    const counts = due >= warmUp && due < windowEnd;
    const tally = tallies[sent % tallies.length] as Tally;
    if (counts) tally.offered++;
    const client = idle.pop() ?? (connections < MOST_CONNECTIONS ? new Client() : undefined);
    client?.send(tally, start + due, counts);
  }
  if (cpuBefore === undefined && now >= warmUp) {
    cpuBefore = process.cpuUsage();
    report({ state: "measuring" });
  }
  if (now < windowEnd) setTimeout(sendDue, 1);
  else finish();
}

function finish(): void {
  const { user, system } = process.cpuUsage(cpuBefore);
  report({ state: "measured", busy: (user + system) / 1e3 / measured });
  setTimeout(() => {
    const done = tallies.map(({ path, offered, latencies, rejected }) => ({
      path,
      offered,
      latencies: latencies.toSorted((a, b) => a - b),
      rejected,
    }));
    process.send?.({ state: "finished", paths: done } satisfies OverloadReport, () => process.exit(0));
  }, PATIENCE_MS);
}

sendDue();
