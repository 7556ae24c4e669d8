import type { Cors } from "../../security/mod.ts";
import type { Route } from "../contract.ts";
import type { CompileOptions, CompiledRoute } from "./compile.ts";
import { VersionTable } from "./versions.ts";

type Compiled = readonly [Route, CompiledRoute];

/** Makes one of the versions of a route: they share its place in the router. Routes without versions stay as they are. */
export function joinVersions(compiled: readonly Compiled[], options: CompileOptions): readonly Compiled[] {
  const placeOf = ([{ method, host = "", path }]: Compiled): string => `${method} ${host.toLowerCase()}${path}`;
  return [...Map.groupBy(compiled, placeOf).values()].map((place) => {
    const first = place[0] as Compiled;
    if (first[0].contract.version === undefined) return first;
    const plans = place.map(([, { plan }]) => plan);
    const versions = new VersionTable(plans, options.versions, options.headers);
    return [first[0], { plan: versions.standard, cors: joinCors(place.map(([, { cors }]) => cors)), versions }];
  });
}

/**
 * A preflight cannot name a version: it passes when one version lets it. What that version does not allow its own plan refuses to the
 * request itself, or leaves unreadable to the browser.
 */
function joinCors(rules: readonly (Cors | null)[]): Cors | null {
  const [first, ...others] = rules.filter((cors) => cors !== null);
  if (first === undefined || others.length === 0) return first ?? null;
  return {
    decide(request) {
      const decision = first.decide(request);
      if (decision.refusal === undefined) return decision;
      return others.map((cors) => cors.decide(request)).find(({ refusal }) => refusal === undefined) ?? decision;
    },
  };
}
