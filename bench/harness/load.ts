// The load, in a process of its own: keep-alive connections that each send the next request as soon as the last is
// answered. Raw sockets, because the generator must cost less than any server it measures.
// Started with an IPC channel: `node load.ts <port> <connections> <warm-up ms> <measured ms> <traffic module> <variant>`.
import { connect, type Socket } from "node:net";
import { isDeepStrictEqual } from "node:util";
import { HOST } from "./environment.ts";
import type { Call, CreateTraffic } from "./traffic.ts";

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
const [module = "", variant = ""] = process.argv.slice(6);
const { createTraffic } = (await import(module)) as { readonly createTraffic: CreateTraffic };
const traffic = createTraffic(port, variant);

/** Every answer's status and length are checked; the body of the first on each connection, then of one in this many. */
const SAMPLE = 64;
const STATUS = "HTTP/1.1 200 ";
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

/** Puts one connection's answers together. */
class AnswerReader {
  #chunks: Buffer[] = [];
  #received = 0;
  #bodyStart = 0;
  /** Length of the whole answer; 0 until its head is here. */
  #length = 0;

  /** @returns the body of an answer that is whole, or undefined while bytes are missing */
  take(chunk: Buffer): string | undefined {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#length === 0) this.#readHead();
    if (this.#length === 0 || this.#received < this.#length) return undefined;
    if (this.#received > this.#length) throw new Error("more bytes than content-length announced");
    const body = this.#whole().toString("utf8", this.#bodyStart);
    this.#chunks = [];
    this.#received = this.#length = 0;
    return body;
  }

  #readHead(): void {
    const start = this.#whole();
    const headEnd = start.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = start.toString("latin1", 0, headEnd);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer without content-length: ${head}`);
    if (!head.startsWith(STATUS)) throw new Error(`answered ${start.toString()}`);
    this.#bodyStart = headEnd + HEAD_END.length;
    this.#length = this.#bodyStart + Number(length);
  }

  #whole(): Buffer {
    const [only] = this.#chunks;
    return this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
  }
}

function openConnection(first: number): void {
  let index = first;
  let count = 0;
  const reader = new AnswerReader();
  const socket = connect({ port, host: HOST, noDelay: true });
  const call = (): Call => traffic[index % traffic.length] as Call;
  const send = (): void => {
    index++;
    socket.write(call().bytes);
  };
  const take = (chunk: Buffer): void => {
    const body = reader.take(chunk);
    if (body === undefined) return;
    if (count++ % SAMPLE === 0 && !isDeepStrictEqual(JSON.parse(body), call().expected))
      throw new Error(`answered the body ${body}`);
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
