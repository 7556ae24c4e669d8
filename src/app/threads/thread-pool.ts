import { availableParallelism, totalmem } from "node:os";
import { Worker } from "node:worker_threads";
import type { Variables } from "../../config/mod.ts";

const MEGABYTE = 1_048_576;
// Together the threads may fill the machine, none may fill it alone.
const HEAP_MEGABYTES = Math.min(1_024, Math.max(128, Math.floor(totalmem() / MEGABYTE / (availableParallelism() + 1))));

/** What a thread has from its first moment; what it is for, it is told later. */
export interface ThreadBirth {
  /** The app's module. */
  readonly appUrl: string;
}

/**
 * New threads. Some can be begun before it is known what for: they load the app's code while the supervisor still reads the
 * configuration, so that on several cores both take no longer than one.
 */
export class ThreadPool {
  readonly #birth: ThreadBirth;
  readonly #waiting: Worker[] = [];

  constructor(birth: ThreadBirth) {
    this.#birth = birth;
  }

  /** Begins so many threads. */
  warm(count: number): void {
    for (let index = 0; index < count; index++) this.#waiting.push(this.#begin());
  }

  /** A thread that waits, else a new one. */
  take(): Worker {
    return this.#waiting.shift() ?? this.#begin();
  }

  /** Ends threads that nobody took. */
  close(): void {
    for (const worker of this.#waiting.splice(0)) void worker.terminate();
  }

  #begin(): Worker {
    const worker = new Worker(new URL(import.meta.resolve("#thread-entry")), {
      name: "plinth",
      workerData: this.#birth,
      // Beyond it the thread ends, and only it.
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
    });
    // One that dies while it waits is not missed: whoever takes a thread gets another, and hears of the fault from that one.
    worker.on("error", () => undefined);
    worker.once("exit", () => {
      const place = this.#waiting.indexOf(worker);
      if (place !== -1) this.#waiting.splice(place, 1);
    });
    return worker;
  }
}

/** Begins as many threads as the app will most likely have. */
export function beginThreads({ appUrl, env }: ThreadBirth & { readonly env: Variables }): ThreadPool {
  const pool = new ThreadPool({ appUrl });
  pool.warm(guessThreads(env));
  return pool;
}

/** Judged before the configuration is read. A wrong guess costs time, nothing else. */
function guessThreads(env: Variables): number {
  if (env["ROLE"] === "jobs") return 0;
  const wanted = env["HTTP_THREADS"];
  const cores = availableParallelism();
  return wanted !== undefined && /^\d{1,4}$/.test(wanted) ? Math.min(Number(wanted), cores) : cores;
}
