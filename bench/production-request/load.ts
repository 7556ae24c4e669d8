// The load, in a process of its own: keep-alive connections that each send the next request as soon as the last is
// answered. Raw sockets, because the generator must cost less than any server it measures.
// Started with an IPC channel: `node load.ts <port> <connections> <warm-up ms> <measured ms> <echo|order>`.
import { connect, type Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { HOST } from "./settings.ts";
import { BODY, createTraffic } from "./traffic.ts";

/** What the load reports, in this order, or `failed` at the first wrong answer. */
export type LoadReport =
  | { readonly state: "measuring" }
  | {
      readonly state: "measured";
      /** Answers within the measured window. */
      readonly requests: number;
      /** Length of that window. */
      readonly seconds: number;
      /** Share of the window in which the load itself was on a CPU. Near 1 it would be the bottleneck. */
      readonly busy: number;
    }
  /** Every request that was sent has its answer; `total` counts them from the start, warm-up included. */
  | { readonly state: "finished"; readonly total: number }
  | { readonly state: "failed"; readonly reason: string };

const [port = 0, connections = 0, warmUp = 0, measured = 0] = process.argv.slice(2, 6).map(Number);
const echo = process.argv[6] === "echo";
const traffic = createTraffic(port);

/** Every answer's status and length are checked; the body of the first on each connection, then of one in this many. */
const SAMPLE = 64;
const STATUS = Buffer.from("HTTP/1.1 200 ");
const HEAD_END = Buffer.from("\r\n\r\n");
const sockets = new Set<Socket>();
let answered = 0;
let failed = false;
let finish: (() => void) | undefined;

function report(message: LoadReport): void {
  process.send?.(message);
}

/** Reports the first failure, and ends the process with it. */
function fail(reason: string): void {
  if (failed) return;
  failed = true;
  process.send?.({ state: "failed", reason } satisfies LoadReport, () => process.exit(1));
}

/** The body of a whole answer, or undefined while bytes are missing. */
function readBody(answer: Buffer): string | undefined {
  const headEnd = answer.indexOf(HEAD_END);
  if (headEnd < 0) return undefined;
  const head = answer.toString("latin1", 0, headEnd);
  const bodyStart = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) throw new Error(`an answer without content-length: ${head}`);
  const end = bodyStart + Number(length);
  if (answer.length < end) return undefined;
  if (answer.length > end) throw new Error("more bytes than content-length announced");
  return answer.toString("utf8", bodyStart, end);
}

function openConnection(first: number): void {
  let index = first;
  let count = 0;
  let pending: Buffer | undefined;
  const socket = connect({ port, host: HOST, noDelay: true });
  const send = (): void => {
    index = (index + 1) % traffic.length;
    socket.write((traffic[index] as (typeof traffic)[number]).bytes);
  };
  const take = (chunk: Buffer): void => {
    const answer = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
    const body = readBody(answer);
    pending = body === undefined ? answer : undefined;
    if (body === undefined) return;
    if (answer.compare(STATUS, 0, STATUS.length, 0, STATUS.length) !== 0) throw new Error(`answered ${answer.toString()}`);
    const want = echo ? JSON.parse(BODY) : traffic[index]?.expected;
    if (count++ % SAMPLE === 0 && !isDeepStrictEqual(JSON.parse(body), want)) throw new Error(`answered the body ${body}`);
    answered++;
    if (finish === undefined) send();
    else leave(socket);
  };
  socket.on("connect", send);
  socket.on("data", (chunk: Buffer) => {
    try {
      take(chunk);
    } catch (error) {
      fail(String(error));
    }
  });
  socket.on("error", (error) => fail(String(error)));
  socket.on("close", () => {
    if (sockets.has(socket)) fail("the server closed a connection");
  });
  sockets.add(socket);
}

/** Closes a connection that has its last answer; after the last connection the load is over. */
function leave(socket: Socket): void {
  sockets.delete(socket);
  socket.destroy();
  if (sockets.size === 0) finish?.();
}

for (let index = 0; index < connections; index++) openConnection(index);

setTimeout(() => {
  const answeredBefore = answered;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  report({ state: "measuring" });
  setTimeout(() => {
    const seconds = (performance.now() - start) / 1_000;
    const cpu = process.cpuUsage(cpuBefore);
    const requests = answered - answeredBefore;
    report({ state: "measured", requests, seconds, busy: (cpu.user + cpu.system) / 1e6 / seconds });
    finish = () => report({ state: "finished", total: answered });
  }, measured);
}, warmUp);
