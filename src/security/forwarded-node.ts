import { canonicalAddress } from "../core/mod.ts";

// 45 characters of an address, brackets, a colon and five digits of port.
const MAX_LENGTH = 53;
const PORT = String.raw`(?::\d{1,5})?$`;
const IN_BRACKETS = new RegExp(String.raw`^\[([\da-fA-F:.]+)\]${PORT}`);
const IPV4 = new RegExp(String.raw`^([\d.]+)${PORT}`);

/**
 * The address of one entry of a proxy header, in canonical form: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]`,
 * `[2001:db8::1]:4711`. Undefined for anything else: names, `unknown`, obfuscated identifiers (RFC 7239, section 6.3), zones.
 */
export function parseForwardedNode(text: string): string | undefined {
  if (text.length > MAX_LENGTH || text.includes("%")) return undefined;
  const bracketed = IN_BRACKETS.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed.includes(":") ? canonicalAddress(bracketed) : undefined;
  return canonicalAddress(IPV4.exec(text)?.[1] ?? text);
}
