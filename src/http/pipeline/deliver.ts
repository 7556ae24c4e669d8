import type { Answer, LiveExchange } from "./exchange.ts";
import { isOpenSource } from "./stream-source.ts";

/** Hands a finished answer to the transport, unless nobody waits for it any more. */
export function deliver(exchange: LiveExchange, answer: Answer): void {
  const { body } = answer;
  if (isOpenSource(body)) {
    if (exchange.settled) return body.close();
    // A stream has begun in time, and lasts as long as the client takes it: the slow-client guard bounds it from here.
    exchange.plan.deadlines?.remove(exchange);
    exchange.deadline = Infinity;
    exchange.worked();
  }
  if (exchange.settled) return;
  exchange.settled = true;
  exchange.transport.send(exchange, answer);
}
