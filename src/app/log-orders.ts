import { type DebugScope, type DebugScopes, type Logger, type LogThreshold } from "../log/mod.ts";
import { type Broadcast, type Topic, defineTopic } from "./broadcast.ts";

/** What every thread is to log. */
export interface LogOrders {
  readonly level: LogThreshold;
  readonly scopes: readonly DebugScope[];
}

export const logOrders: Topic<LogOrders> = defineTopic("log");

/** Keeps a thread's logger at what was ordered last. */
export function obeyLogOrders(broadcast: Broadcast, log: Logger, scopes: DebugScopes): void {
  broadcast.subscribe(logOrders, (orders) => {
    log.level = orders.level;
    scopes.set(orders.scopes);
  });
}
