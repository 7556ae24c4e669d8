import { setImmediate as nextTurn } from "node:timers/promises";
import { type HttpServer, requestFinished } from "../http/mod.ts";

export interface DrainOptions {
  readonly server: HttpServer;
  /** Milliseconds after which requests that remain are cut off. */
  readonly timeout: number;
}

const CUT_OFF = "E_HTTP_CUT_OFF";

/**
 * Drains a server and waits until also the connections that were cut are gone, so that their requests are counted and logged.
 *
 * @returns how many requests were cut off
 */
export async function drainServer({ server, timeout }: DrainOptions): Promise<number> {
  let cut = 0;
  const unsubscribe = requestFinished.subscribe(({ errorCode }) => {
    if (errorCode === CUT_OFF) cut++;
  });
  await server.drain(timeout);
  while (server.connections > 0) await nextTurn(); // destroyed sockets say so a turn later
  unsubscribe();
  return cut;
}
