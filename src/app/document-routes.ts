import { type Route, documentRoutes } from "../http/mod.ts";
import type { Logger } from "../log/contract.ts";
import type { AnyApp } from "./contract.ts";

interface DocumentedApp {
  readonly routes: readonly Route[];
  readonly config: object;
  readonly log: Logger;
}

/**
 * An app's routes with those of its API document behind them, unless `API_DOCS` turns these off or there is nothing to document.
 * A route of the app's own at the same path wins.
 */
export function withDocumentRoutes(definition: AnyApp, { routes, config, log }: DocumentedApp): readonly Route[] {
  const { apiDocs } = config as { readonly apiDocs?: boolean };
  if (apiDocs !== true || routes.length === 0) return routes;
  const own = new Set(routes.map((route) => `${route.method} ${route.path}`));
  const added = documentRoutes({ ...apiOf(definition), routes, log }).filter(({ method, path }) => {
    const taken = own.has(`${method} ${path}`);
    if (taken) log.info({ route: `${method} ${path}` }, "the app answers this path itself: it has no page of the API document");
    return !taken;
  });
  return [...routes, ...added];
}

/** What an app's document says of the app as a whole. */
export function apiOf({ name, version = "0.0.0", defaults = {}, versions }: AnyApp): ApiIdentity {
  return { title: name, version, defaults, ...(versions === undefined ? {} : { versions }) };
}

type ApiIdentity = Omit<Parameters<typeof documentRoutes>[0], "routes" | "log">;
