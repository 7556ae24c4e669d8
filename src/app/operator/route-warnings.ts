import { suggest } from "../../core/mod.ts";
import type { Priority } from "../../http/mod.ts";

/** What an action answers with besides what it is about. */
export interface Warned {
  /** What was done all the same, and probably not meant so: a sentence each. Absent when there is none. */
  readonly warnings?: readonly string[];
}

const PRIORITIES: readonly Priority[] = ["low", "normal", "high", "critical"];
const MOST_NAMED = 3;

/**
 * Warns of names that are neither a route nor a priority. None is refused: a route may be one of the next version, which is started while a
 * maintenance goes on.
 *
 * @param names `/files/:id`, `GET /files/:id`, `critical`
 * @param routes what the program serves, `GET /files/:id`; empty while that is not known
 */
export function warnOfRoutes(names: readonly string[], routes: readonly string[]): readonly string[] {
  if (routes.length === 0) return [];
  const paths = [...new Set(routes.map((route) => route.slice(route.indexOf(" ") + 1)))];
  const known = new Set<string>([...paths, ...routes, ...PRIORITIES]);
  return names
    .filter((name) => !known.has(name))
    .map((name) => {
      const meant = suggest(name, known);
      const near = meant === undefined ? paths.filter((path) => path.startsWith(name)).slice(0, MOST_NAMED) : [meant];
      const hint =
        near.length === 0 ? "`plinth routes` lists them" : `did you mean ${near.map((path) => `"${path}"`).join(" or ")}?`;
      return `"${name}" is no route that is served here; ${hint}`;
    });
}

/** Adds warnings to an answer, if there are any. */
export function withWarnings<Answer extends object>(answer: Answer, warnings: readonly string[]): Answer & Warned {
  return warnings.length === 0 ? answer : { ...answer, warnings };
}
