import { type Route, reply, route, routes } from "../http/mod.ts";
import { METRICS_CONTENT_TYPE, negotiateFormat, renderMetrics } from "../telemetry/mod.ts";

/** What the admin server tells about. */
export interface AdminSources {
  /** Name and version of the program. */
  readonly program: string;
  /** Why the program takes no requests; empty when it does. Never rejects. */
  readonly readiness: () => Promise<Readiness>;
  /** Why the process should be started anew; empty while it can mend itself. */
  readonly hopeless: () => readonly string[];
  /** Metrics of every thread by its name. */
  readonly segments: () => ReadonlyMap<string, SharedArrayBuffer>;
}

export interface Readiness {
  readonly ready: boolean;
  /** `starting`, `ready`, `failing` or `draining`. */
  readonly state: string;
  /** What fails, by thread. */
  readonly failures: Readonly<Record<string, readonly string[]>>;
}

/**
 * What anybody may ask on the admin port: liveness, readiness, metrics. It listens on loopback unless told otherwise. What operators may
 * do there is in `operator/`, behind a token.
 */
export function adminRoutes(sources: AdminSources): readonly Route[] {
  const text = (body: string, status = 200) => reply.text(`${body}\n`, { status });
  return routes(
    route.get("/livez", { auth: "public", summary: "Whether the process runs" }, () => {
      const reasons = sources.hopeless();
      return reasons.length === 0 ? text("ok") : text(reasons.join("\n"), 503);
    }),
    route.get(
      "/readyz",
      { auth: "public", summary: "Whether requests are taken; ?verbose says what is not ready" },
      async ({ request }) => {
        const readiness = await sources.readiness();
        const status = readiness.ready ? 200 : 503;
        if (!request.url.endsWith("?verbose")) return text(readiness.state, status);
        return reply.json(status, readiness);
      },
    ),
    route.get("/metrics", { auth: "public", summary: "Metrics of all threads, for Prometheus" }, ({ request }) => {
      const format = negotiateFormat(request.headers["accept"]);
      return reply.text(renderMetrics(sources.segments(), { format }), { type: METRICS_CONTENT_TYPE[format] });
    }),
    route.get("/", { auth: "public", summary: "What this port has" }, () =>
      text(`${sources.program}\n\nGET /livez\nGET /readyz?verbose\nGET /metrics`),
    ),
  );
}
