/** How one test ended. */
export interface Outcome {
  readonly kind: "passed" | "failed" | "skipped";
  /** Absolute path of the test file; empty when it is not known. */
  readonly file: string;
  readonly line: number;
  /** Suites and test, outermost first. */
  readonly name: string;
  /** What went wrong, or why it was skipped. */
  readonly text: string;
}

/** What a batch of tests (tools/test-batch.ts) tells its parent. */
export type BatchMessage =
  | { readonly type: "begin"; readonly file: string; readonly name: string }
  | { readonly type: "beat" }
  | { readonly type: "outcome"; readonly outcome: Outcome }
  | { readonly type: "end" };
