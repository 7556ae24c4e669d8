import type { LiveExchange } from "./exchange.ts";

/**
 * All headers of an answer: the plan's prebuilt block, the request's id, what steps added, and the answer's own.
 * A header that the answer sets itself replaces the block's.
 *
 * @param own what the answer always says (type and length)
 * @param replacing what the handler or an error set, which may name headers of the block
 */
export function composeHeaders(exchange: LiveExchange, own: readonly string[], replacing: readonly string[]): string[] {
  const headers = exchange.plan.headers.concat(own);
  headers.push("x-request-id", exchange.id);
  for (const item of exchange.extraHeaders) headers.push(item);
  if (exchange.rateLimit !== "") headers.push("ratelimit", exchange.rateLimit);
  for (let index = 0; index < replacing.length; index += 2) {
    const name = (replacing[index] as string).toLowerCase();
    const existing = name === "set-cookie" ? -1 : indexOfHeader(headers, name);
    if (existing === -1) headers.push(name, replacing[index + 1] as string);
    else headers[existing + 1] = replacing[index + 1] as string;
  }
  return headers;
}

/** Index of a header's name in a flat list of lower-case names; -1 when it is not there. */
export function indexOfHeader(headers: readonly string[], name: string): number {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return index;
  return -1;
}
