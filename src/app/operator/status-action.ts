import type { Clock } from "../../core/mod.ts";
import type { Route } from "../../http/mod.ts";
import type { Readiness } from "../admin.ts";
import type { ActionMaker } from "./action.ts";

export interface StatusSources {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  readonly readiness: () => Promise<Readiness>;
  readonly maintenance: () => boolean;
  readonly clock: Clock;
}

/** What `plinth status` shows. */
export interface ProgramStatus {
  readonly name: string;
  readonly version: string;
  readonly environment: string;
  readonly pid: number;
  /** The process's Node, without the `v`. */
  readonly node: string;
  /** Whole seconds since the supervisor made its admin server. */
  readonly uptimeSeconds: number;
  readonly readiness: Readiness;
  /** Whether the public port is closed for a maintenance. */
  readonly maintenance: boolean;
}

/** `GET /-/status`: what runs here, for an operator who wonders whom they are talking to. */
export function statusAction(action: ActionMaker, sources: StatusSources): Route {
  const { name, version, environment, readiness, maintenance, clock } = sources;
  const startedAt = clock.monotonic();
  return action({
    method: "GET",
    path: "/-/status",
    summary: "What runs here",
    run: async (): Promise<ProgramStatus> => ({
      name,
      version,
      environment,
      pid: process.pid,
      node: process.versions.node,
      uptimeSeconds: Math.floor((clock.monotonic() - startedAt) / 1_000),
      readiness: await readiness(),
      maintenance: maintenance(),
    }),
  });
}
