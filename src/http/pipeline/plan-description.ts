/** What operators see of a plan. */
export interface PlanDescription {
  readonly method: string;
  /** Empty: any. */
  readonly host: string;
  readonly path: string;
  readonly auth: string;
  readonly limits: readonly string[];
  readonly deadline: string;
  readonly bodyLimit: string;
  readonly cors: string;
  readonly summary: string;
}
