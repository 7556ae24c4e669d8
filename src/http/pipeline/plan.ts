import type { DeadlineQueue } from "./deadline.ts";
import type { LiveExchange } from "./exchange.ts";

/** One step of a plan. What it throws, or rejects with, becomes the answer. */
export type Step = (exchange: LiveExchange) => void | Promise<void>;

/** A route compiled at boot. Steps that the route does not use are not in it. */
export interface Plan {
  /** Position among the app's plans; also its place in shared memory. */
  readonly index: number;
  readonly method: string;
  /** The route's template; empty for the plan that answers what matched nothing. */
  readonly path: string;
  readonly steps: readonly Step[];
  /** Headers of every answer, prebuilt. Flat. */
  readonly headers: readonly string[];
  readonly deadlines: DeadlineQueue | null;
  /** For listings. */
  readonly description: PlanDescription;
}

/** What operators see of a plan. */
export interface PlanDescription {
  readonly method: string;
  readonly path: string;
  readonly auth: string;
  readonly limits: readonly string[];
  readonly deadline: string;
  readonly bodyLimit: string;
  readonly cors: string;
  readonly summary: string;
}
