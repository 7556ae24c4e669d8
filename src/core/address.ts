import { isIPv4, isIPv6 } from "node:net";

// perf: callers come back, and working an IPv6 address out costs 1 to 3 µs against 0.1 for a look-up (November 2026).
const LARGEST_CACHE = 1_024;
const LONGEST_TEXT = 64; // an address has at most 45 characters; the rest is room for a zone
const recentAddresses = new Map<string, string>();
const recentNetworks = new Map<string, string>();

/**
 * The one spelling of an IP address that Plinth compares, counts and prints: IPv4 in dotted decimal; IPv6 compressed and in
 * lower case (RFC 5952, always in hexadecimal groups), without its zone; IPv4-mapped IPv6 (`::ffff:192.0.2.1`) as the IPv4
 * address that it means.
 *
 * @returns undefined for anything that is not exactly one address: no ports, brackets, white space, octal or short forms
 * @example
 * canonicalAddress("::FFFF:192.0.2.1"); // "192.0.2.1"
 * canonicalAddress("2001:DB8:0:0::1"); // "2001:db8::1"
 * canonicalAddress("010.0.0.1"); // undefined
 */
export function canonicalAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  // perf: a dual-stack socket reports IPv4 peers in exactly this form.
  if (text.startsWith("::ffff:") && isIPv4(text.slice(7))) return text.slice(7);
  const known = recentAddresses.get(text);
  if (known !== undefined) return known;
  if (text.length > LONGEST_TEXT || !isIPv6(text)) return undefined;
  const groups = groupsOf(text);
  const canonical = isMapped(groups) ? dotted(groups[6] as number, groups[7] as number) : compressed(groups);
  return remember(recentAddresses, text, canonical);
}

export interface NetworkOptions {
  /** How many leading bits of an IPv6 address name its network. Default 64: what one subscriber is given at the least. */
  readonly v6Prefix?: 32 | 48 | 56 | 64 | 128;
}

/**
 * The network that stands for one caller: an IPv4 address is itself, an IPv6 address is its /64, because whoever has one
 * address of it has all of them. Meant as the key of a limit or a ban.
 *
 * @param address in any spelling that {@link canonicalAddress} takes
 * @returns undefined when the text is no address
 * @example
 * networkOf("2001:db8:1:2:3:4:5:6"); // "2001:db8:1:2::/64"
 * networkOf("192.0.2.1"); // "192.0.2.1"
 */
export function networkOf(address: string, options?: NetworkOptions): string | undefined {
  const canonical = canonicalAddress(address);
  if (canonical === undefined || !canonical.includes(":")) return canonical;
  const prefix = options?.v6Prefix ?? 64;
  if (prefix !== 64) return cut(canonical, prefix);
  return recentNetworks.get(canonical) ?? remember(recentNetworks, canonical, cut(canonical, prefix));
}

function cut(address: string, prefix: number): string {
  const groups = groupsOf(address).map((group, index) => {
    const kept = Math.min(Math.max(prefix - index * 16, 0), 16);
    return group & (0xffff << (16 - kept));
  });
  return `${compressed(groups)}/${prefix}`;
}

function remember(cache: Map<string, string>, text: string, result: string): string {
  if (cache.size >= LARGEST_CACHE) cache.clear();
  cache.set(text, result);
  return result;
}

/** The eight groups of a text that is known to be an IPv6 address. */
function groupsOf(text: string): number[] {
  const zone = text.indexOf("%");
  const bare = zone === -1 ? text : text.slice(0, zone);
  const gap = bare.indexOf("::");
  if (gap === -1) return parseGroups(bare);
  const head = parseGroups(bare.slice(0, gap));
  const tail = parseGroups(bare.slice(gap + 2));
  while (head.length + tail.length < 8) head.push(0);
  return head.concat(tail);
}

function parseGroups(text: string): number[] {
  if (text === "") return [];
  const groups: number[] = [];
  for (const part of text.split(":")) {
    if (part.includes(".")) {
      const [a, b, c, d] = part.split(".").map(Number) as [number, number, number, number];
      groups.push((a << 8) | b, (c << 8) | d);
    } else {
      groups.push(Number.parseInt(part, 16));
    }
  }
  return groups;
}

/** `::ffff:0:0/96`, RFC 4291, section 2.5.5.2. */
function isMapped(groups: readonly number[]): boolean {
  return groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
}

function dotted(high: number, low: number): string {
  return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
}

/** RFC 5952, section 4: the longest run of two or more zero groups becomes `::`, the first one of equals. */
function compressed(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let index = 0; index < 8; index += 1) {
    let end = index;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - index > length) {
      start = index;
      length = end - index;
    }
    index = end;
  }
  const spell = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  return start === -1 ? spell(groups) : `${spell(groups.slice(0, start))}::${spell(groups.slice(start + length))}`;
}
