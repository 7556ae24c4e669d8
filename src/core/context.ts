import { AsyncLocalStorage } from "node:async_hooks";

/**
 * What follows a request or a job through every asynchronous call. Rooms read it to stamp logs, queries and outbound calls;
 * none of them has to be handed it.
 */
export interface Context {
  /** Id of the request or job. */
  readonly id: string;
  /** The route template or the job's name, once known. */
  readonly operation: string;
  /** Id of the principal that calls, once known. */
  readonly principalId?: string | undefined;
  /** The client's address, of a request. */
  readonly address?: string | undefined;
  /** W3C trace id, 32 hex digits. */
  readonly traceId: string;
  /** This unit of work's span id, 16 hex digits. */
  readonly spanId: string;
  /** When the work must be done, in {@link Clock.monotonic} milliseconds; Infinity without a deadline. */
  readonly deadline: number;
  /** Aborted when the caller left or the deadline passed. Made on first use. */
  readonly signal: AbortSignal;
}

const storage = new AsyncLocalStorage<Context>();

/** Runs a function, and everything it awaits, with this context. */
export function runInContext<Result>(context: Context, run: () => Result): Result {
  return storage.run(context, run);
}

/** As {@link runInContext}, handing one argument over so that the caller needs no closure. */
export function callInContext<Argument, Result>(
  context: Context,
  call: (argument: Argument) => Result,
  argument: Argument,
): Result {
  return storage.run(context, call, argument);
}

/** The context of the request or job that is running, if any. */
export function currentContext(): Context | undefined {
  return storage.getStore();
}
