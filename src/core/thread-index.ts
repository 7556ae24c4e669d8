import { threadId } from "node:worker_threads";

/** This thread's index, as the supervisor knows it: `worker.threadId`; 0 on the main thread. */
export const THREAD_INDEX: number = threadId;
