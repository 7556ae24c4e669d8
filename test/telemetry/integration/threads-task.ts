/** What a worker of the thread test is told. */
export interface WorkerTask {
  readonly segment: SharedArrayBuffer;
  /** Four words for each slot: see the indices below. */
  readonly control: Int32Array;
  readonly slot: number;
  /** `count` steps until the target is reached; `block` takes one step and never returns. */
  readonly mode: "count" | "block";
}

export const BEGUN = 0;
export const DONE = 1;
export const TARGET = 2;
/** Set to 1 when something has happened that the test can wait for. */
export const READY = 3;
