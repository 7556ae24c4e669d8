import { type Fault, isHostPattern } from "../../core/mod.ts";
import type { Route, VersionOptions } from "../contract.ts";
import { errors } from "../errors.ts";
import { parseDeprecation } from "../pipeline/deprecation.ts";
import { checkVersions } from "./check-versions.ts";
import { SHEDDABLE, isPriority } from "../overload/priority.ts";
import { parsePath } from "./path.ts";
import { Router } from "./router.ts";

/**
 * Refuses routes that could not mean what they say: without an `auth` decision, with a faulty path or host, or that another route of
 * the same method and host already answers, or that the matcher does not take (an expression that can be made to backtrack for long);
 * and names, versions, deprecations and errors that are not what they are declared as.
 *
 * @throws E_HTTP_ROUTES_INVALID with every fault
 */
export function checkRoutes(routes: readonly Route[], versions?: VersionOptions): void {
  const faults: Fault[] = checkVersions(routes, versions);
  const named = new Map<string, string>();
  const places: Places = { shapes: new Map(), trials: new Map() };
  for (const route of routes) {
    const title = titleOf(route);
    const refuse = (detail: string): void => void faults.push({ in: title, pointer: "", detail });
    checkAuth(route, refuse);
    checkPriority(route, refuse);
    checkName(route, named, refuse);
    checkErrors(route, refuse);
    const deprecation = parseDeprecation(route.contract.deprecated);
    if (typeof deprecation === "string") refuse(deprecation);
    if (route.host !== undefined && !isHostPattern(route.host.toLowerCase()))
      refuse(`"${route.host}" is no host: write "api.example.com" or "*.example.com", without a port`);
    checkPlace(route, places, refuse);
  }
  if (faults.length > 0) throw errors.ROUTES_INVALID({ faults: faults.length }, { faults });
}

type Refuse = (detail: string) => void;

/** Method, host and path: what a fault is reported for. */
function titleOf({ method, host = "", path }: Route): string {
  return `${method} ${host.toLowerCase()}${path}`;
}

/** What has been declared so far. */
interface Places {
  /** The first route of each method, host and shape of path. */
  readonly shapes: Map<string, Route>;
  /** A matcher for each host. */
  readonly trials: Map<string, Router<Route>>;
}

function checkPlace(route: Route, { shapes, trials }: Places, refuse: Refuse): void {
  const template = parsePath(route.path);
  if (typeof template === "string") return refuse(template);
  const host = route.host?.toLowerCase() ?? "";
  const shape = `${route.method} ${host}${template.shape}`;
  const earlier = shapes.get(shape);
  if (earlier === undefined) {
    shapes.set(shape, route);
    const trial = trials.get(host) ?? new Router<Route>();
    trials.set(host, trial);
    tryMatcher(trial, route, refuse);
  } else if (earlier.path !== route.path) refuse(`${titleOf(earlier)} already answers these paths`);
  // Versions of one route share its place; that they differ is checked with them.
  else if (earlier.contract.version === undefined && route.contract.version === undefined) refuse("this route is declared twice");
}

function tryMatcher(trial: Router<Route>, route: Route, refuse: Refuse): void {
  try {
    trial.add(route.method, route.path, route);
  } catch (thrown) {
    refuse(`the matcher does not take the path: ${(thrown as Error).message}`);
  }
}

function checkAuth(route: Route, refuse: Refuse): void {
  // Types demand this already; plain JavaScript and casts do not.
  const auth = (route.contract as { auth?: unknown }).auth;
  if (auth === "public") return;
  if (typeof auth === "object" && auth !== null && typeof (auth as { identify?: unknown }).identify === "function") return;
  refuse('`auth` is missing: name a rule, or write "public" where anybody may call');
}

/** No name begins with a slash: it is never taken for a path. */
const NAME = /^[A-Za-z][A-Za-z0-9._-]{0,127}$/;

function checkName(route: Route, named: Map<string, string>, refuse: Refuse): void {
  const { name } = route.contract;
  if (name === undefined) return;
  if (!NAME.test(name)) return refuse(`\`name\` "${name}" is not made of letters, digits, ".", "_" and "-", a letter first`);
  const earlier = named.get(name);
  if (earlier !== undefined) return refuse(`${earlier} is named "${name}" already`);
  named.set(name, titleOf(route));
}

function checkErrors({ contract }: Route, refuse: Refuse): void {
  for (const { code, status } of contract.errors ?? []) {
    if (status === undefined)
      refuse(`${code} has no status, so callers never see it: give it one, or leave it out of \`errors\``);
  }
}

function checkPriority({ contract: { priority } }: Route, refuse: Refuse): void {
  if (priority === undefined || isPriority(priority)) return;
  refuse(`\`priority\` is ${JSON.stringify(priority)}: use ${SHEDDABLE.join(", ")} or critical`);
}
