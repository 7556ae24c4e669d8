import { type Clock, currentContext, runInContext } from "../core/mod.ts";
import { leaveTransaction } from "../db/mod.ts";

/** How long a store may take for what has to be done whether or not somebody still waits for the answer. Milliseconds. */
const PATIENCE = 10_000;

/**
 * Runs a call to the store by itself: neither the departure of the client, nor the request's deadline, nor a transaction around it ends it. A
 * claim that was cut off half-way would keep its key locked for a whole lease.
 */
export function runDetached<Result>(clock: Clock, run: () => Promise<Result>): Promise<Result> {
  const context = currentContext();
  if (context === undefined) return leaveTransaction(run);
  const { id, operation, principalId, address, traceId, spanId } = context;
  const { signal } = new AbortController();
  const own = { id, operation, principalId, address, traceId, spanId, deadline: clock.monotonic() + PATIENCE, signal };
  return runInContext(own, () => leaveTransaction(run));
}
