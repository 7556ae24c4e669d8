import type { Readiness } from "./admin.ts";
import type { ServiceOrder } from "./service-actions.ts";

/** Whoever serves: threads, or the main thread alone. */
export interface Crew {
  /** Resolves when everyone serves. */
  start(): Promise<void>;
  /** Never rejects. */
  readiness(): Promise<Readiness>;
  /** Why the process should be started anew; empty while it can mend itself. */
  hopeless(): readonly string[];
  /** How many threads serve requests; 0 when the main thread does. */
  readonly httpThreads: number;
  /** What is served, `GET /files/:id`; empty while nobody has said so. */
  routes(): readonly string[];
  /** Metrics of every member by its name. */
  segments(): ReadonlyMap<string, SharedArrayBuffer>;
  /** Has a service do what an operator wants. @throws E_APP_NOBODY_SERVES, E_APP_SERVICE_UNKNOWN, E_APP_ACTION_UNKNOWN, and what the service throws */
  act(order: ServiceOrder): Promise<object>;
  /** Finishes what is under way. @returns whether everything ended in time */
  drain(timeout: number): Promise<boolean>;
}
