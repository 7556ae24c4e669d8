import type { Readiness } from "./admin.ts";

/** Whoever serves: threads, or the main thread alone. */
export interface Crew {
  /** Resolves when everyone serves. */
  start(): Promise<void>;
  /** Never rejects. */
  readiness(): Promise<Readiness>;
  /** Why the process should be started anew; empty while it can mend itself. */
  hopeless(): readonly string[];
  /** What is served, `GET /files/:id`; empty while nobody has said so. */
  routes(): readonly string[];
  /** Metrics of every member by its name. */
  segments(): ReadonlyMap<string, SharedArrayBuffer>;
  /** Finishes what is under way. @returns whether everything ended in time */
  drain(timeout: number): Promise<boolean>;
}
