import type { Logger } from "../../log/contract.ts";
import { type Registry, createHttpMetrics } from "../../telemetry/mod.ts";
import { errors } from "../errors.ts";

/** Requests that died with their thread, as far as its board tells. */
export interface LostRequests {
  readonly thread: string;
  /** How many of each route, `GET /files/:id`; the name is empty for what matched no route. */
  readonly routes: readonly (readonly [route: string, count: number])[];
  /** How long they took at least: since when the thread's event loop had not turned. */
  readonly milliseconds: number;
}

/** So many get a line of their own; a thread may have had thousands. */
const MOST_LINES = 100;
const STATUS = 500;
const { code: CODE } = errors.THREAD_DIED;

/**
 * Counts and logs requests that nobody is left to announce, so that totals are those of the requests that came. Who asked, and for which path
 * exactly, went with the thread.
 *
 * @param metrics the supervisor's own
 */
export function createLossReport(metrics: Registry, log: Logger): (lost: LostRequests) => void {
  let http: ReturnType<typeof createHttpMetrics> | undefined;
  return ({ thread, routes, milliseconds }) => {
    let lines = 0;
    let untold = 0;
    for (const [name, count] of routes) {
      const space = name.indexOf(" ");
      const [method, route] = [name.slice(0, Math.max(space, 0)), name.slice(space + 1)];
      for (let index = 0; index < count; index++) {
        // Made with the first loss: most programs never have one.
        http ??= createHttpMetrics(metrics);
        http.requestStarted();
        http.requestFinished({
          method,
          route,
          status: STATUS,
          durationSeconds: milliseconds / 1_000,
          bytesIn: 0,
          bytesOut: 0,
          errorType: CODE,
        });
        if (lines++ >= MOST_LINES) untold++;
        else log.error({ thread, method, route, status: STATUS, outcome: "server_error", error: { code: CODE } }, "request");
      }
    }
    if (untold > 0) log.error({ thread, requests: untold }, "more requests died with their thread");
  };
}
