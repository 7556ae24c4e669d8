import type { Clock } from "../../../core/mod.ts";
import { deprecatedRequest } from "../../channels.ts";
import { errors } from "../../errors.ts";
import { type Deprecation, dayOf } from "../deprecation.ts";
import type { Step } from "../exchange.ts";
import { principalId } from "../principal-id.ts";

/** Announces who still calls a deprecated route, and ends it after its sunset if it was declared to end. */
export function compileDeprecate(version: string, { sunset, gone }: Deprecation, clock: Clock): Step {
  const end = gone && sunset !== undefined ? sunset : Infinity;
  return (exchange) => {
    const { request, services } = exchange;
    if (deprecatedRequest.hasSubscribers) {
      deprecatedRequest.publish({
        handler: services.handler,
        method: request.method,
        route: request.route,
        version,
        principal: principalId(exchange.principal),
        at: clock.monotonic(),
        sunset,
      });
    }
    if (clock.now() >= end) throw errors.GONE({ sunset: dayOf(end) });
  };
}
