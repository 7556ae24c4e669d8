import type { AddressSet } from "../core/mod.ts";
import { parseForwarded } from "./forwarded-elements.ts";
import { parseForwardedNode } from "./forwarded-node.ts";
import { checkHost } from "./host.ts";

/** Which headers proxies speak in. A proxy that writes one family hands the other on as the client sent it, so one is read only. */
export type ProxyHeaders = "x-forwarded" | "forwarded";

/** Where a request came from, as far as trusted proxies tell. */
export interface ForwardedOrigin {
  /** The first address from the right that is no trusted proxy; canonical. */
  readonly address: string;
  /** Undefined where no proxy says it. */
  readonly scheme: "http" | "https" | undefined;
  /** As the client addressed the site. Undefined where no proxy says it. */
  readonly host: string | undefined;
}

/** The headers that are read, joined with `, ` where they came several times. */
export interface ProxyHeaderMap {
  readonly forwarded?: string | undefined;
  readonly "x-forwarded-for"?: string | undefined;
  readonly "x-forwarded-proto"?: string | undefined;
  readonly "x-forwarded-host"?: string | undefined;
}

export interface ForwardedOptions {
  readonly trusted: AddressSet;
  /** Default `"x-forwarded"`. */
  readonly headers?: ProxyHeaders;
}

/**
 * Works out where a request came from. Undefined when the headers are absent or malformed: then the peer is the caller.
 *
 * @param peer the trusted proxy's own address, which stands for the caller's where it names none
 */
export type ForwardedReader = (peer: string, headers: ProxyHeaderMap) => ForwardedOrigin | undefined;

/** More hops than any deployment has. */
const MAX_HOPS = 32;

/**
 * Reads what proxies say of a request. To be asked only when the direct peer is itself trusted: then the entry at the right end is its
 * own word, and each trusted address in it vouches for the entry on its left. What stands left of the first address that is not
 * trusted was written by strangers, and is not looked at.
 *
 * What is looked at and is no address (`unknown`, an obfuscated identifier, garbage) makes the headers worthless as a whole.
 *
 * @example
 * const read = createForwardedReader({ trusted: createAddressSet(["10.0.0.0/8"]) });
 * read("10.0.0.1", { "x-forwarded-for": "spoofed, 203.0.113.7, 10.0.0.2", "x-forwarded-proto": "https" }); // address 203.0.113.7, scheme https
 */
export function createForwardedReader({ trusted, headers = "x-forwarded" }: ForwardedOptions): ForwardedReader {
  if (headers === "forwarded") return (peer, map) => readForwarded(peer, map, trusted);
  return (peer, map) => readXForwarded(peer, map, trusted);
}

function readXForwarded(peer: string, headers: ProxyHeaderMap, trusted: AddressSet): ForwardedOrigin | undefined {
  const list = headers["x-forwarded-for"];
  if (list === undefined) return originOf(peer, headers, 1);
  let end = list.length;
  for (let hop = 1; hop <= MAX_HOPS; hop++) {
    const comma = list.lastIndexOf(",", end - 1);
    const address = parseForwardedNode(list.slice(comma + 1, end).trim());
    if (address === undefined) return undefined;
    if (comma === -1 || !trusted.has(address)) return originOf(address, headers, hop);
    end = comma;
  }
  return undefined;
}

function originOf(address: string, headers: ProxyHeaderMap, hop: number): ForwardedOrigin {
  const proto = valueAt(headers["x-forwarded-proto"], hop);
  const host = valueAt(headers["x-forwarded-host"], hop);
  return { address, scheme: checkedScheme(proto), host: checkedHost(host) };
}

/**
 * The value that belongs to a hop, counted from the right. Proxies that append keep step with X-Forwarded-For; one that sets a single
 * value speaks for all behind it. A list that is shorter than the hops says nothing reliable.
 */
function valueAt(list: string | undefined, hop: number): string | undefined {
  if (list === undefined) return undefined;
  let end = list.length;
  let comma = list.lastIndexOf(",");
  if (comma === -1) return list.trim();
  for (let passed = 1; passed < hop; passed++) {
    if (comma === -1) return undefined;
    end = comma;
    comma = list.lastIndexOf(",", end - 1);
  }
  return list.slice(comma + 1, end).trim();
}

function readForwarded(peer: string, { forwarded }: ProxyHeaderMap, trusted: AddressSet): ForwardedOrigin | undefined {
  const elements = forwarded === undefined ? undefined : parseForwarded(forwarded);
  if (elements === undefined) return undefined;
  const last = elements.length - 1;
  for (let index = last; index >= 0; index--) {
    const { for: node, proto, host } = elements[index] as (typeof elements)[number];
    // The parameter may be left out (RFC 7239, section 5.2); only the trusted peer itself is believed that there is nothing to say.
    const address = node === undefined && index === last ? peer : parseForwardedNode(node ?? "");
    if (address === undefined) return undefined;
    if (index === 0 || node === undefined || !trusted.has(address)) {
      return { address, scheme: checkedScheme(proto), host: checkedHost(host) };
    }
  }
  return undefined;
}

function checkedScheme(proto: string | undefined): "http" | "https" | undefined {
  const scheme = proto?.toLowerCase();
  return scheme === "https" || scheme === "http" ? scheme : undefined;
}

function checkedHost(host: string | undefined): string | undefined {
  return host !== undefined && checkHost(host) ? host : undefined;
}
