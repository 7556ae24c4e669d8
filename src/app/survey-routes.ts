import type { LoadedConfig } from "../config/mod.ts";
import type { Route } from "../http/mod.ts";
import type { AnyApp } from "./contract.ts";
import { makeIdleServices } from "./describe-routes.ts";
import { routesOf } from "./open-app.ts";

/** What of a route's declaration decides who may call it, how often and with how much. The app's defaults are applied. */
export interface RouteSurvey {
  /** `POST /orders` */
  readonly name: string;
  readonly isPublic: boolean;
  /** Whether it may change something. */
  readonly isWrite: boolean;
  readonly limited: boolean;
  /** Whether its body is held in memory. */
  readonly buffers: boolean;
  /** Such as `1mb`; undefined for the default. */
  readonly bodyLimit: string | undefined;
  readonly anyOrigin: boolean;
  readonly anySite: boolean;
  readonly withoutDeadline: boolean;
}

/** The routes of an app as an auditor looks at them. Services are made, because routes are made of them, but not started. */
export async function surveyRoutes(definition: AnyApp, loaded: LoadedConfig): Promise<readonly RouteSurvey[]> {
  const { services } = await makeIdleServices(definition, loaded);
  return routesOf(definition, services).map((route) => survey(definition, route));
}

function survey({ defaults = {} }: AnyApp, { method, path, contract }: Route): RouteSurvey {
  const { auth, body, bodyLimit, limit, cors, csrf, deadline } = { ...defaults, ...contract };
  const streams = body !== undefined && "kind" in body && body.kind === "stream";
  return {
    name: `${method} ${path}`,
    isPublic: auth === "public",
    isWrite: method !== "GET",
    limited: limit !== undefined && (!Array.isArray(limit) || limit.length > 0),
    buffers: body !== undefined && !streams,
    bodyLimit,
    anyOrigin: cors !== undefined && cors !== "none" && cors.origins === "*",
    anySite: csrf === "none",
    withoutDeadline: deadline === "0s",
  };
}
