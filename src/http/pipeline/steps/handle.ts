import type { Handler, Middleware } from "../../contract.ts";
import { isPromise } from "../../validation/validate.ts";
import type { LiveExchange, Step } from "../exchange.ts";

/** Calls the handler, wrapped at boot by its middleware: the first in the list is outermost. */
export function compileHandle(handler: Handler, use: readonly Middleware[]): Step {
  const wrapped = use.reduceRight<Handler>((next, wrap) => wrap(next), handler);
  return (exchange) => {
    if (exchange.log.isEnabled("debug")) announce(exchange);
    const result = wrapped(exchange);
    if (isPromise(result)) {
      return Promise.resolve(result).then((later) => {
        exchange.result = later;
      });
    }
    exchange.result = result;
  };
}

/** For whoever looks for where a request hangs: from here on it is the app's own code. Who it is and which it is, is known by now. */
function announce({ log, request, plan, principalId }: LiveExchange): void {
  log.debug({ method: request.method, route: plan.path, principal: principalId }, "handler called");
}
