import type { Handler, Middleware } from "../../contract.ts";
import { isPromise } from "../../validation/validate.ts";
import type { Step } from "../exchange.ts";

/** Calls the handler, wrapped at boot by its middleware: the first in the list is outermost. */
export function compileHandle(handler: Handler, use: readonly Middleware[]): Step {
  const wrapped = use.reduceRight<Handler>((next, wrap) => wrap(next), handler);
  return (exchange) => {
    const result = wrapped(exchange);
    if (isPromise(result)) {
      return Promise.resolve(result).then((later) => {
        exchange.result = later;
      });
    }
    exchange.result = result;
  };
}
