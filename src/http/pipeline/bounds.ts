import type { Duration, Size } from "../../core/mod.ts";
import { kindOf } from "../body/declared.ts";
import type { RouteContract } from "../contract.ts";

const DEFAULT_DEADLINE: Duration = "30s";
const DEFAULT_BODY_LIMIT: Size = "1mb";

/** The largest body that a route takes. */
export function bodyLimitOf(contract: RouteContract): Size {
  return contract.bodyLimit ?? DEFAULT_BODY_LIMIT;
}

/** How long a route may take. An upload takes as long as it takes: the slow-client guard bounds it instead. */
export function deadlineOf(contract: RouteContract): Duration {
  return contract.deadline ?? (contract.body === undefined || kindOf(contract.body) === "whole" ? DEFAULT_DEADLINE : "0s");
}
