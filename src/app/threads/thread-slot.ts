import type { Worker } from "node:worker_threads";
import { type Clock, type SegmentTable, delay, toError } from "../../core/mod.ts";
import type { Logger } from "../../log/contract.ts";
import { createLogRing } from "../../log/mod.ts";
import { SEGMENT_BYTES, resetGauges } from "../../telemetry/mod.ts";
import type { Broadcast } from "../broadcast.ts";
import { errors } from "../errors.ts";
import type { ServiceOrder } from "../service-actions.ts";
import type { LostRequests } from "./lost-requests.ts";
import type { FromThread, ThreadData, ToThread } from "./messages.ts";
import { ThreadBoard } from "./thread-board.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { packError, unpackError } from "./transfer.ts";

/** What the supervisor gives every thread of the process. */
export type SharedThreadData = Omit<ThreadData, "name" | "role" | "board" | "metrics" | "logRing" | "published">;

export interface ThreadSlotOptions {
  readonly name: string;
  readonly role: ThreadData["role"];
  readonly data: SharedThreadData;
  readonly memory: SegmentTable;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pool: ThreadPool;
  readonly broadcast: Broadcast;
  /** Is told of the requests that were under way when a thread died. */
  readonly onLost: (lost: LostRequests) => void;
}

/** Memory that one thread writes and the supervisor reads. */
interface SlotMemory {
  readonly boardSegment: SharedArrayBuffer;
  readonly board: ThreadBoard;
  readonly metrics: SharedArrayBuffer;
  readonly logRing: SharedArrayBuffer;
}

function createSlotMemory(): SlotMemory {
  const boardSegment = new SharedArrayBuffer(ThreadBoard.BYTES);
  const metrics = new SharedArrayBuffer(SEGMENT_BYTES);
  return { boardSegment, board: new ThreadBoard(boardSegment), metrics, logRing: createLogRing() };
}

/** `starting` until the thread serves, `down` between a death and the next start, `ending` when it is to stop before it has served. */
export type SlotState = "starting" | "ready" | "draining" | "ending" | "down";

const START_TIMEOUT_MS = 60_000;
const CHECK_TIMEOUT_MS = 2_000;
const ACT_TIMEOUT_MS = 8_000;
/** A loop that has not turned for this long is reported, with the route that holds it. */
const BLOCKED_MS = 1_000;
/** A loop that has not turned for this long is given up: its thread is ended and replaced. */
const GIVE_UP_MS = 10_000;
/** How long a thread that was ended may take to be gone. */
const TERMINATE_MS = 1_000;
/** The first restart is immediate; deaths in a row wait longer each time. */
const BACKOFF_MS = { first: 100, most: 1_000, mostUnready: 15_000 } as const;
/** A thread that served for this long has left its trouble behind: its next restart is immediate again. */
const SETTLED_MS = 30_000;

/**
 * A place for one thread. Threads come and go; the place keeps its metrics, so counters continue where the last thread left them.
 */
export class ThreadSlot {
  readonly name: string;
  #memory: SlotMemory = createSlotMemory();
  /** Memory of threads that were given up but would not end: still theirs, still read. */
  readonly #abandoned: SlotMemory[] = [];
  #runaways = 0;
  readonly #options: ThreadSlotOptions;
  readonly #checks = new Map<number, (failures: readonly string[]) => void>();
  readonly #acts = new Map<number, PromiseWithResolvers<object>>();
  #worker: Worker | undefined;
  #state: SlotState = "down";
  #routes: readonly string[] = [];
  #readyAt = 0;
  #deaths = 0;
  #blockedSince: number | undefined;
  #calls = 0;
  /** Why the supervisor itself ended the thread. */
  #verdict: string | undefined;
  #drainedCleanly = false;
  #crash: { readonly error: Error; readonly operation: string | undefined } | undefined;

  constructor(options: ThreadSlotOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Metrics by thread name. */
  get metrics(): readonly (readonly [string, SharedArrayBuffer])[] {
    const past = this.#abandoned.map((memory, index) => [`${this.name}-abandoned-${index}`, memory.metrics] as const);
    return [[this.name, this.#memory.metrics], ...past];
  }

  get logRings(): readonly SharedArrayBuffer[] {
    return [this.#memory, ...this.#abandoned].map((memory) => memory.logRing);
  }

  get role(): ThreadData["role"] {
    return this.#options.role;
  }

  /** What its thread serves. */
  get routes(): readonly string[] {
    return this.#routes;
  }

  /** Whether a thread that was given up still runs. It holds its share of new connections, so only a new process mends that. */
  get hasRunaway(): boolean {
    return this.#runaways > 0;
  }

  get state(): SlotState {
    return this.#state;
  }

  /** Starts the slot's first thread. @throws what kept it from starting */
  async start(): Promise<void> {
    await this.#spawn();
  }

  async #spawn(): Promise<void> {
    const { data, role, pool, clock, broadcast } = this.#options;
    const { boardSegment: board, metrics, logRing } = this.#memory;
    const threadData: ThreadData = { ...data, name: this.name, role, board, metrics, logRing, published: broadcast.snapshot() };
    this.#state = "starting";
    this.#verdict = undefined;
    this.#crash = undefined;
    this.#blockedSince = undefined;
    const worker = pool.take();
    this.#worker = worker;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = clock.schedule(START_TIMEOUT_MS, () => {
      reject(errors.THREAD_START_TIMEOUT({ thread: this.name, milliseconds: START_TIMEOUT_MS }));
      this.#end(`not ready after ${START_TIMEOUT_MS} ms`);
    });
    worker.on("message", (message: FromThread) => {
      if (message.kind === "claim") this.#answerClaim(worker, message);
      if (this.#worker !== worker) return; // it was given up: what it says is no longer the slot's
      if (message.kind === "ready") resolve();
      if (message.kind === "failed") reject(unpackError(message.error));
      this.#receive(message);
    });
    worker.on("error", (error) => (this.#crash ??= { error: toError(error), operation: undefined }));
    const { threadId } = worker;
    worker.on("exit", () => {
      this.#options.memory.releaseLocks(threadId);
      reject(errors.THREAD_FAILED({ thread: this.name, reason: this.#crash?.error.message ?? "it ended by itself" }));
      this.#died();
    });
    worker.postMessage({ kind: "start", data: threadData } satisfies ToThread);
    try {
      await promise;
    } finally {
      timer.cancel();
    }
  }

  /** Hands on what was published. A thread that starts later finds it among the data that it starts with. */
  tell(topic: string, value: unknown): void {
    this.#worker?.postMessage({ kind: "published", topic, value } satisfies ToThread);
  }

  #receive(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#routes = message.routes;
        this.#readyAt = this.#options.clock.monotonic();
        if (this.#state === "starting") this.#state = "ready";
        break;
      case "crashed":
        this.#crash = { error: unpackError(message.error), operation: message.operation };
        break;
      case "checked":
        this.#checks.get(message.call)?.(message.failures);
        break;
      case "acted":
        this.#acts.get(message.call)?.resolve(JSON.parse(message.outcome) as object);
        break;
      case "act-failed":
        this.#acts.get(message.call)?.reject(unpackError(message.error));
        break;
      case "failed":
        this.#crash = { error: unpackError(message.error), operation: undefined };
        break;
      case "drained":
        this.#drainedCleanly = message.clean;
        break;
    }
  }

  #answerClaim(worker: Worker, { call, name, byteLength, locks }: Extract<FromThread, { kind: "claim" }>): void {
    let answer: ToThread;
    try {
      answer = { kind: "segment", call, segment: this.#options.memory.claimSync(name, byteLength, locks) };
    } catch (thrown) {
      answer = { kind: "segment-refused", call, error: packError(thrown) };
    }
    worker.postMessage(answer);
  }

  /** Called when a thread has ended: says why, and starts the next one unless the end was wanted. */
  #died(): void {
    const { clock, log } = this.#options;
    const state = this.#state;
    const wasServing = state === "ready";
    const wanted = state === "draining" || state === "ending";
    const starting = state === "starting" && this.#readyAt === 0;
    this.#state = "down";
    this.#worker = undefined;
    for (const finish of this.#checks.values()) finish(["its thread died"]);
    for (const { reject } of this.#acts.values()) reject(errors.NOBODY_SERVES({}));
    if (state === "draining") this.#reportEnd();
    if (wanted) this.#reportLost();
    if (wanted || starting) return; // a first start that fails is reported by start()
    if (wasServing && clock.monotonic() - this.#readyAt > SETTLED_MS) this.#deaths = 0;
    const backoff = this.#backoff(wasServing);
    const { error } = this.#crash ?? {};
    log.error(
      {
        thread: this.name,
        cause: this.#cause(wasServing),
        routes: this.#suspects(),
        inFlight: this.#memory.board.inFlight,
        restartInMs: backoff,
        error,
      },
      "a thread died and is being replaced",
    );
    this.#reportLost();
    this.#deaths++;
    this.#memory.board.clear();
    resetGauges(this.#memory.metrics);
    clock.schedule(backoff, () => this.#respawn());
  }

  /** A thread that was told to finish should not have died of anything else. */
  #reportEnd(): void {
    if (this.#crash === undefined && this.#verdict === undefined) return;
    const fields = { thread: this.name, cause: this.#cause(true), routes: this.#suspects(), error: this.#crash?.error };
    this.#options.log.error(fields, "a thread died before it had finished its requests");
  }

  #reportLost(): void {
    const { board } = this.#memory;
    const routes = board.underWay.map(([plan, count]) => [this.#routes[plan] ?? "", count] as const);
    const milliseconds = Math.max(0, board.silence(this.#options.clock.monotonic()));
    if (routes.length > 0) this.#options.onLost({ thread: this.name, routes, milliseconds });
  }

  #backoff(wasServing: boolean): number {
    if (this.#deaths === 0) return 0;
    return Math.min(BACKOFF_MS.first * 2 ** (this.#deaths - 1), wasServing ? BACKOFF_MS.most : BACKOFF_MS.mostUnready);
  }

  #respawn(): void {
    if (this.#state !== "down") return;
    this.#spawn().catch(() => undefined); // its death is logged, and the next one tried
  }

  #cause(wasServing: boolean): string {
    if (this.#verdict !== undefined) return this.#verdict;
    const { error } = this.#crash ?? {};
    if (!wasServing) return "it did not start";
    if (error === undefined) return "it called process.exit()";
    return (error as { code?: unknown }).code === "ERR_WORKER_OUT_OF_MEMORY" ? "out of memory" : `uncaught ${error.name}`;
  }

  /** Routes whose code ran, or was waited for, when the thread died. */
  #suspects(): readonly string[] {
    const operation = this.#crash?.operation;
    if (operation !== undefined) return this.#routes.filter((route) => route.endsWith(` ${operation}`));
    return this.#memory.board.suspects().map((plan) => this.#routes[plan] ?? "(no route)");
  }

  /** Looks at the heartbeat: reports a blocked event loop, and ends one that stays blocked. */
  watch(): void {
    const { clock, log } = this.#options;
    if (this.#state !== "ready" && this.#state !== "draining") return;
    const now = clock.monotonic();
    const silence = this.#memory.board.silence(now);
    if (silence < BLOCKED_MS) {
      if (this.#blockedSince !== undefined) {
        log.warn({ thread: this.name, blockedMs: Math.round(now - this.#blockedSince) }, "an event loop turns again");
      }
      this.#blockedSince = undefined;
    } else if (this.#blockedSince === undefined) {
      this.#blockedSince = now - silence;
      log.warn({ thread: this.name, routes: this.#suspects(), blockedMs: silence }, "an event loop is blocked");
    } else if (silence >= GIVE_UP_MS && this.#verdict === undefined) {
      this.#end(`blocked for ${Math.round(silence / 1_000)} s`);
    }
  }

  /** Ends the thread. One that does not end even so, deep in native code or garbage collection, is left behind with its memory. */
  #end(verdict: string): void {
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#verdict = verdict;
    void worker.terminate();
    this.#options.clock.schedule(TERMINATE_MS, () => {
      if (this.#worker !== worker) return;
      worker.removeAllListeners("exit");
      const { threadId } = worker;
      worker.once("exit", () => {
        this.#options.memory.releaseLocks(threadId);
        this.#runaways--;
      });
      this.#runaways++;
      const left = this.#memory;
      this.#died();
      this.#abandoned.push(left);
      this.#memory = createSlotMemory();
    });
  }

  /** What keeps this thread from doing its work now; empty when nothing does. */
  async check(): Promise<readonly string[]> {
    if (this.#state !== "ready" || this.#worker === undefined) return [`thread is ${this.#state}`];
    const call = this.#calls++;
    const { promise, resolve } = Promise.withResolvers<readonly string[]>();
    this.#checks.set(call, resolve);
    const timer = this.#options.clock.schedule(CHECK_TIMEOUT_MS, () => resolve(["its event loop does not answer"]));
    this.#worker.postMessage({ kind: "check", call } satisfies ToThread);
    const failures = await promise;
    timer.cancel();
    this.#checks.delete(call);
    return failures;
  }

  /** Has a service of this thread do what an operator wants. @throws E_APP_NOBODY_SERVES, and what the service throws */
  async act(order: ServiceOrder): Promise<object> {
    if (this.#worker === undefined) throw errors.NOBODY_SERVES({});
    const call = this.#calls++;
    const outcome = Promise.withResolvers<object>();
    this.#acts.set(call, outcome);
    const timer = this.#options.clock.schedule(ACT_TIMEOUT_MS, () => outcome.reject(errors.NOBODY_SERVES({})));
    this.#worker.postMessage({ kind: "act", call, order } satisfies ToThread);
    try {
      return await outcome.promise;
    } finally {
      timer.cancel();
      this.#acts.delete(call);
    }
  }

  /**
   * Lets the thread finish what it has, and ends it.
   *
   * @param timeout milliseconds for requests; services get their own time after it
   * @returns whether it finished everything and ended by itself
   */
  async drain(timeout: number): Promise<boolean> {
    const worker = this.#worker;
    const wasReady = this.#state === "ready";
    this.#state = wasReady ? "draining" : "ending";
    if (worker === undefined) return true;
    const exited = new Promise<boolean>((resolve) => worker.once("exit", () => resolve(true)));
    worker.postMessage({ kind: "drain", timeout } satisfies ToThread);
    const { clock } = this.#options;
    const most = (wasReady ? timeout : 0) + SERVICES_MS;
    const ended = await Promise.race([exited, delay(clock, most).then(() => false)]);
    if (!ended) {
      const gone = await Promise.race([worker.terminate().then(() => true), delay(clock, TERMINATE_MS).then(() => false)]);
      if (!gone) this.#runaways++;
    }
    return ended && (this.#drainedCleanly || !wasReady);
  }
}

/** Time for services to stop after the requests. */
const SERVICES_MS = 15_000;
