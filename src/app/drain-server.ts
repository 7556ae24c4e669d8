import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../core/mod.ts";
import { type HttpServer, requestFinished } from "../http/mod.ts";

export interface DrainOptions {
  readonly server: HttpServer;
  /** Milliseconds after which requests that remain are cut off. */
  readonly timeout: number;
  readonly clock: Clock;
}

/** What a request is logged with whose connection ended before its answer. */
const CLIENT_CLOSED = 499;

/**
 * Drains a server and waits until also the connections that were cut are gone, so that their requests are counted and logged.
 *
 * @returns how many requests were cut off
 */
export async function drainServer({ server, timeout, clock }: DrainOptions): Promise<number> {
  const deadline = clock.monotonic() + timeout;
  let cut = 0;
  const unsubscribe = requestFinished.subscribe(({ status }) => {
    if (status === CLIENT_CLOSED && clock.monotonic() >= deadline) cut++;
  });
  await server.drain(timeout);
  while (server.connections > 0) await nextTurn(); // destroyed sockets say so a turn later
  unsubscribe();
  return cut;
}
