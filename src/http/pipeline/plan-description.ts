/** What operators see of a plan. */
export interface PlanDescription {
  readonly method: string;
  /** Empty: any. */
  readonly host: string;
  readonly path: string;
  readonly auth: string;
  readonly limits: readonly string[];
  /** The rule that may answer in the handler's place. */
  readonly replay: string;
  readonly priority: string;
  readonly deadline: string;
  readonly bodyLimit: string;
  readonly cors: string;
  readonly summary: string;
  /** What URLs are built by. */
  readonly name: string;
  /** The API version, where callers choose one by a header. */
  readonly version: string;
  /** Since when it is deprecated, and until when it is there, such as `deprecated 2026-07-01, sunset 2027-01-01`. */
  readonly deprecated: string;
}
