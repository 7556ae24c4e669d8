import { type Fault, isHostPattern } from "../../core/mod.ts";
import type { Route } from "../contract.ts";
import { errors } from "../errors.ts";
import { parsePath } from "./path.ts";
import { Router } from "./router.ts";

/**
 * Refuses routes that could not mean what they say: without an `auth` decision, with a faulty path or host, or that another route of
 * the same method and host already answers, or that the matcher does not take (an expression that can be made to backtrack for long).
 *
 * @throws E_HTTP_ROUTES_INVALID with every fault
 */
export function checkRoutes(routes: readonly Route[]): void {
  const faults: Fault[] = [];
  const shapes = new Map<string, string>();
  const trials = new Map<string, Router<Route>>();
  for (const route of routes) {
    const host = route.host?.toLowerCase() ?? "";
    const name = `${route.method} ${host}${route.path}`;
    const refuse = (detail: string): void => void faults.push({ in: name, pointer: "", detail });
    checkAuth(route, refuse);
    if (route.host !== undefined && !isHostPattern(host))
      refuse(`"${host}" is no host: write "api.example.com" or "*.example.com", without a port`);
    const template = parsePath(route.path);
    if (typeof template === "string") {
      refuse(template);
      continue;
    }
    const shape = `${route.method} ${host}${template.shape}`;
    const earlier = shapes.get(shape);
    if (earlier !== undefined)
      refuse(earlier === name ? "this route is declared twice" : `${earlier} already answers these paths`);
    else {
      shapes.set(shape, name);
      const trial = trials.get(host) ?? new Router<Route>();
      trials.set(host, trial);
      tryMatcher(trial, route, refuse);
    }
  }
  if (faults.length > 0) throw errors.ROUTES_INVALID({ faults: faults.length }, { faults });
}

function tryMatcher(trial: Router<Route>, route: Route, refuse: (detail: string) => void): void {
  try {
    trial.add(route.method, route.path, route);
  } catch (thrown) {
    refuse(`the matcher does not take the path: ${(thrown as Error).message}`);
  }
}

function checkAuth(route: Route, refuse: (detail: string) => void): void {
  // Types demand this already; plain JavaScript and casts do not.
  const auth = (route.contract as { auth?: unknown }).auth;
  if (auth === "public") return;
  if (typeof auth === "object" && auth !== null && typeof (auth as { identify?: unknown }).identify === "function") return;
  refuse('`auth` is missing: name a rule, or write "public" where anybody may call');
}
