import type { RequestView } from "../contract.ts";

/** Headers by lower-case name. Like an object without a prototype, but with fast properties. */
export type HeaderMap = Record<string, string | undefined>;

// perf: an instance of a class whose prototype is bare keeps fast properties; Object.create(null) makes a dictionary (×2 slower to fill).
const BareHeaders = function (): void {} as unknown as new () => HeaderMap;
BareHeaders.prototype = Object.create(null) as object;

/** Joins Node's flat list of names and values into a map: names in lower case, repeated fields joined as RFC 9110 says. */
export function toHeaderMap(raw: readonly string[]): HeaderMap {
  const headers = new BareHeaders();
  for (let index = 0; index < raw.length; index += 2) {
    const name = (raw[index] as string).toLowerCase();
    const value = raw[index + 1] as string;
    const existing = headers[name];
    headers[name] = existing === undefined ? value : existing + (name === "cookie" ? "; " : ", ") + value;
  }
  return headers;
}

export interface IncomingOptions {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderMap;
  readonly address: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  /** Bytes of the body by Content-Length; -1 when it comes in chunks, 0 when there is none. */
  readonly bodyLength: number;
}

/** A request as its transport received it. */
export class IncomingRequest implements RequestView {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: HeaderMap;
  readonly address: string;
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly bodyLength: number;
  /** The target without its query. */
  readonly path: string;
  /** The query as received, without the question mark. */
  readonly queryText: string;
  /** Set when a route matched. */
  route = "";

  constructor(options: IncomingOptions) {
    this.id = options.id;
    this.method = options.method;
    this.url = options.url;
    this.headers = options.headers;
    this.address = options.address;
    this.scheme = options.scheme;
    this.host = options.host;
    this.bodyLength = options.bodyLength;
    const question = options.url.indexOf("?");
    this.path = question === -1 ? options.url : options.url.slice(0, question);
    this.queryText = question === -1 ? "" : options.url.slice(question + 1);
  }
}
