import { threadId } from "node:worker_threads";

/** This thread's index, as the supervisor knows it: `worker.threadId`; 0 on the main thread. */
export const THREAD_INDEX: number = threadId;

let count = 1;

/** How many threads of this process run the app: what a process has once is shared out among them. 1 where nobody said. */
export function threadCount(): number {
  return count;
}

/** Says how many there are: for whoever starts threads, in each of them, before the app's services are made. */
export function declareThreadCount(threads: number): void {
  count = threads;
}
