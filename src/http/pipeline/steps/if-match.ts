import type { Policies } from "../../contract.ts";
import { errors } from "../../errors.ts";
import type { Step } from "../exchange.ts";

/** Refuses a change that does not say which version it is meant for (RFC 6585, section 3). */
export function compileIfMatch(method: string, policy: Policies["ifMatch"]): Step | null {
  if (policy !== "required" || method === "GET") return null;
  return ({ request: { headers } }) => {
    // A time says no more than a second: of two changes within one, the first would be lost.
    if (headers["if-match"] === undefined && headers["if-none-match"] === undefined) throw errors.PRECONDITION_REQUIRED({});
  };
}
