import type { VersionOptions } from "../contract.ts";
import { errors } from "../errors.ts";
import { toHeaderText } from "./answer-headers.ts";
import type { Plan } from "./exchange.ts";
import type { IncomingRequest } from "./incoming.ts";

export const DEFAULT_VERSION_HEADER = "api-version";

/** Headers of every answer of one version: a cache must hear that the request's header decides, and the caller what it got. */
export function versionHeaders(header: string, version: string): readonly string[] {
  return ["vary", header, header, version];
}

/** Finds the plan of the version that a request names. */
export class VersionTable {
  readonly #header: string;
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #unknown: Plan;
  /** For a request that names none. */
  readonly standard: Plan;

  constructor(plans: readonly Plan[], options: Required<VersionOptions>, headers: readonly string[]) {
    this.#header = options.header;
    this.#plans = new Map(plans.map((plan) => [plan.description.version, plan]));
    this.#unknown = compileUnknown(plans as readonly [Plan, ...Plan[]], options.header, headers);
    this.standard = this.#plans.get(options.default) ?? this.#unknown;
  }

  planFor(request: IncomingRequest): Plan {
    const wanted = request.headers[this.#header];
    return wanted === undefined ? this.standard : (this.#plans.get(wanted) ?? this.#unknown);
  }
}

/** The plan of requests for a version that the route does not have. */
function compileUnknown(plans: readonly [Plan, ...Plan[]], header: string, headers: readonly string[]): Plan {
  const versions = plans.map((plan) => plan.description.version);
  const own = [...headers, "vary", header];
  return {
    ...plans[0],
    steps: [
      (exchange) => {
        throw errors.VERSION_UNKNOWN({ header, version: exchange.request.headers[header], versions });
      },
    ],
    headers: own,
    headerText: toHeaderText(own),
    deadlines: null,
  };
}
