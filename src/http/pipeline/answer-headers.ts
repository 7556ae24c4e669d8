import { errors } from "../errors.ts";
import type { LiveExchange } from "./exchange.ts";

/**
 * All headers of an answer: the plan's prebuilt block, the request's id, what steps added, and the answer's own.
 * A header that the answer sets itself replaces the block's.
 *
 * `Vary` adds up instead: a cache must hear of everything that an answer depends on. So does `Link`, which is a list of whatever there is.
 *
 * @param own what the answer always says (type and length)
 * @param replacing what the handler or an error set, which may name headers of the block
 * @throws E_HTTP_REPLY_HEADER_INVALID before anything is sent, because a header that cannot be sent must not end the connection
 */
export function composeHeaders(exchange: LiveExchange, own: readonly string[], replacing: readonly string[]): string[] {
  const headers = exchange.plan.headers.concat(own);
  headers.push("x-request-id", exchange.id);
  for (const item of exchange.extraHeaders) headers.push(item);
  if (exchange.rateLimit !== "") headers.push("ratelimit", exchange.rateLimit);
  for (let index = 0; index < replacing.length; index += 2) {
    const name = (replacing[index] as string).toLowerCase();
    const value = replacing[index + 1] as string;
    if (!NAME.test(name) || !VALUE.test(value)) throw errors.REPLY_HEADER_INVALID({ route: exchange.plan.path, name });
    const existing = name === "set-cookie" ? -1 : indexOfHeader(headers, name);
    if (existing === -1) headers.push(name, value);
    else headers[existing + 1] = ADDED_UP.has(name) ? `${headers[existing + 1]}, ${value}` : value;
  }
  return headers;
}

/** As {@link composeHeaders} for an answer whose handler set none, as text. */
export function composeHeaderText(exchange: LiveExchange, type: string, length: number): string {
  const { plan, id, rateLimit, extraHeaders } = exchange;
  let text = `${plan.headerText}content-type: ${type}\r\ncontent-length: ${length}\r\nx-request-id: ${id}\r\n`;
  if (extraHeaders.length > 0) text += toHeaderText(extraHeaders);
  return rateLimit === "" ? text : `${text}ratelimit: ${rateLimit}\r\n`;
}

/** A flat list as text, with a line end behind each header. */
export function toHeaderText(headers: readonly string[]): string {
  let text = "";
  for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`;
  return text;
}

/** The flat list that {@link toHeaderText} was made of. */
export function toHeaderList(text: string): string[] {
  return text
    .split("\r\n")
    .slice(0, -1)
    .flatMap((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon), line.slice(colon + 2)];
    });
}

const ADDED_UP: ReadonlySet<string> = new Set(["vary", "link"]);

// RFC 9110, sections 5.1 and 5.5.
const NAME = /^[\w!#$%&'*+\-.^`|~]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Index of a header's name in a flat list of lower-case names; -1 when it is not there. */
export function indexOfHeader(headers: readonly string[], name: string): number {
  for (let index = 0; index < headers.length; index += 2) if (headers[index] === name) return index;
  return -1;
}

/** Removes headers from a flat list of lower-case names. */
export function removeHeaders(headers: string[], names: ReadonlySet<string>): void {
  for (let index = headers.length - 2; index >= 0; index -= 2) if (names.has(headers[index] as string)) headers.splice(index, 2);
}

/** Says that an answer depends on a request's field too. */
export function addVary(headers: string[], field: string): void {
  const at = indexOfHeader(headers, "vary");
  if (at === -1) headers.push("vary", field);
  else headers[at + 1] = joinVary(headers[at + 1] as string, field);
}

/** As {@link addVary} for headers as text. */
export function addVaryText(text: string, field: string): string {
  const at = text.indexOf("\r\nvary: ");
  if (at === -1) return `${text}vary: ${field}\r\n`;
  const start = at + "\r\nvary: ".length;
  const end = text.indexOf("\r\n", start);
  return text.slice(0, start) + joinVary(text.slice(start, end), field) + text.slice(end);
}

function joinVary(value: string, field: string): string {
  return value.split(",").some((name) => name.trim().toLowerCase() === field) ? value : `${value}, ${field}`;
}
