// What the servers and the loads of `sse` and `websocket` agree on: one publisher, many who listen. No package is imported here.
import { HOST } from "./environment.ts";

/** Messages a second to each who listens. */
export const RATE = 40;
/** Stands once in every message and nowhere else: the load counts it instead of parsing. */
export const MARK = "@";

let published = 0;

/** Calls back with each message, at the rate, for as long as the process lives. */
export function publishAtRate(
  publish: (message: { readonly n: number; readonly price: string; readonly mark: string }) => void,
): void {
  setInterval(
    () => publish({ n: ++published, price: (published * 1.01).toFixed(2).padStart(20, "0"), mark: MARK }),
    1_000 / RATE,
  );
}

/** What a load sends on each of its connections. */
export interface FanOutTraffic {
  readonly request: string;
}

/** A request's head. */
export function head(path: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries({ Host: HOST, ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${path} HTTP/1.1\r\n${lines.join("")}\r\n`;
}
