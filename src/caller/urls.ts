import type { Route, RouteContract } from "../http/contract.ts";
import { parseBase } from "./base-url.ts";
import type { InputArgument, UrlInput } from "./call.ts";
import { errors } from "./errors.ts";
import { type Fields, formatQuery } from "./fields.ts";
import type { KnownTargets, TargetTable } from "./known-routes.ts";
import { type ParamValues, fillTemplate } from "./template.ts";

/**
 * The path of a template, its parameters filled in and its query behind it. A value stays in its segment, whatever it is; a wildcard's
 * keeps its slashes.
 *
 * @throws E_CALLER_PARAM_MISSING, E_CALLER_PARAM_INVALID
 * @example
 * buildPath("/files/:id/content", { params: { id: "a/b" }, query: { tag: ["x", "y"] } }); // "/files/a%2Fb/content?tag=x&tag=y"
 */
export function buildPath<const Path extends string>(
  template: Path,
  ...input: InputArgument<UrlInput<Path, UntypedQuery>>
): string {
  const [{ params = {}, query = {} } = {}] = input as [UrlParts?];
  return fillTemplate(template, params) + formatQuery(query);
}

/** A contract that says nothing of the query. */
interface UntypedQuery extends RouteContract {
  readonly query?: undefined;
}

interface UrlParts {
  readonly params?: ParamValues;
  readonly query?: Fields;
}

type LinkOf<Each> = Each extends Route ? UrlInput<Each["path"], Each["contract"]> : never;

/** URLs of routes. Made by {@link createUrls}. */
export interface Urls<Known extends TargetTable = TargetTable> {
  /**
   * The URL of a route, by its name or its template; absolute when there is a base.
   *
   * @throws E_CALLER_TARGET_UNKNOWN, E_CALLER_PARAM_MISSING, E_CALLER_PARAM_INVALID
   */
  to<const Target extends keyof Known & string>(target: Target, ...input: InputArgument<LinkOf<Known[Target]>>): string;
}

export interface UrlsOptions {
  /** What stands before every path, such as `https://example.com`. Default: nothing; URLs are paths. */
  readonly base?: string | URL;
}

/**
 * Builds URLs of routes by their names or templates.
 *
 * @throws E_CALLER_BASE_INVALID
 * @example
 * const urls = createUrls(routes(route.get("/files/:id", { auth: "public", name: "files.show" }, show)), { base: "https://example.com" });
 * urls.to("files.show", { params: { id: "7" } }); // "https://example.com/files/7"
 */
export function createUrls<const Source extends readonly Route[]>(
  source: Source,
  options: UrlsOptions = {},
): Urls<KnownTargets<Source[number]>> {
  const base = options.base === undefined ? "" : parseBase(options.base);
  const templates = new Map<string, string>();
  for (const { path, contract } of source) {
    templates.set(path, path);
    if (contract.name !== undefined) templates.set(contract.name, path);
  }
  const urls = {
    to(target: string, { params = {}, query = {} }: UrlParts = {}) {
      const template = templates.get(target);
      if (template === undefined) throw errors.TARGET_UNKNOWN({ target });
      return base + fillTemplate(template, params) + formatQuery(query);
    },
  };
  return urls as unknown as Urls<KnownTargets<Source[number]>>; // typed by what the routes declare
}
