import type { Clock, Secret } from "../../core/mod.ts";
import type { AuthRule, RequestView } from "../../http/mod.ts";
import type { Logger } from "../../log/contract.ts";
import { createKeyRing } from "../../security/mod.ts";
import { errors } from "../errors.ts";
import { type Operator, type TokenFault, readOperatorToken } from "./operator-token.ts";

const CHALLENGE = 'Bearer realm="admin"';
const BEARER = /^Bearer ([\w.-]+)$/i;
/** Refusals are reported at most this often: whoever reaches the port must not fill the log. */
const REPORT_EVERY_MS = 10_000;

export interface OperatorRuleOptions {
  /** The root secrets; a token signed by any of them is good. */
  readonly appKeys: readonly Secret[];
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * Lets operators act on the admin server. Being on loopback is no permission: a browser that was lured there, a program that fetches
 * what it is told to (SSRF) and other users of the machine reach it too. So an action needs a token that only the root secret makes, and is
 * refused to browsers whatever they bring. By which names the server may be called at all, it decides itself.
 *
 * @throws E_SECURITY_KEYS_MISSING, E_SECURITY_KEY_SHORT, E_SECURITY_KEY_WEAK
 */
export function createOperatorRule({ appKeys, clock, log }: OperatorRuleOptions): AuthRule<Operator> {
  const ring = createKeyRing(appKeys);
  let refusals = 0;
  let nextReport = -Infinity;
  const refuse = (request: RequestView, reason: TokenFault | "browser"): void => {
    refusals++;
    if (clock.monotonic() < nextReport) return;
    nextReport = clock.monotonic() + REPORT_EVERY_MS;
    log.warn({ address: request.address, action: nameOf(request), reason, refusals }, "an admin action was refused");
    refusals = 0;
  };
  return {
    scheme: "operator",
    challenge: CHALLENGE,
    identify(request) {
      if (isBrowser(request)) {
        refuse(request, "browser");
        throw errors.BROWSER_REFUSED({});
      }
      const token = BEARER.exec(request.headers["authorization"] ?? "")?.[1];
      const action = nameOf(request);
      const found = token === undefined ? "missing" : readOperatorToken(token, { ring, action, now: clock.now() });
      if (typeof found === "object") return found;
      refuse(request, found);
      const headers = { "www-authenticate": CHALLENGE };
      throw found === "expired" ? errors.OPERATOR_EXPIRED({}, { headers }) : errors.OPERATOR_UNKNOWN({}, { headers });
    },
  };
}

/** By the route's template, so that no spelling of a path is another action. */
function nameOf({ method, route }: RequestView): string {
  return `${method} ${route}`;
}

/** Programs send neither field; browsers send one of them with every request that could change something. */
function isBrowser({ headers }: RequestView): boolean {
  return headers["origin"] !== undefined || headers["sec-fetch-site"] !== undefined;
}
