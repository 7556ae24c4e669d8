import { BlockList, isIP } from "node:net";
import { canonicalAddress } from "./address.ts";
import { errors } from "./errors.ts";

/** Words that stand for several networks. */
const NETWORKS: Readonly<Record<string, readonly string[]>> = {
  loopback: ["127.0.0.0/8", "::1"],
  // RFC 1918, RFC 6598, RFC 4193 and link-local addresses.
  private: ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "fc00::/7", "fe80::/10"],
};
/** The peer of a Unix socket, which has no address. */
const UNIX = "unix";

/** Addresses and networks that something is said of. */
export interface AddressSet {
  /** @param address in canonical form; the empty text stands for the peer of a Unix socket */
  has(address: string): boolean;
}

/** What one entry of an {@link AddressSet} names, or undefined when it names nothing. */
function parseEntry(text: string): { readonly address: string; readonly prefix: number } | undefined {
  const slash = text.indexOf("/");
  const address = canonicalAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined || text.includes("%")) return undefined;
  const bits = address.includes(":") ? 128 : 32;
  if (slash === -1) return { address, prefix: bits };
  const length = text.slice(slash + 1);
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return undefined;
  // `::ffff:10.0.0.0/104` is `10.0.0.0/8`: the address has become IPv4, its prefix has to follow.
  const prefix = Number(length) - (bits === 32 && text.includes(":") ? 96 : 0);
  return prefix >= 0 && prefix <= bits ? { address, prefix } : undefined;
}

/**
 * Whether a text may stand in an address set: an address, a network (`10.0.0.0/8`, `2001:db8::/32`), or one of the words `loopback`,
 * `private` (the networks of RFC 1918, RFC 6598 and RFC 4193, and link-local ones) and `unix` (whoever comes by a Unix socket).
 */
export function isAddressEntry(text: string): boolean {
  return text === UNIX || Object.hasOwn(NETWORKS, text) || parseEntry(text) !== undefined;
}

/**
 * A set of addresses and networks.
 *
 * @param entries texts that {@link isAddressEntry} takes
 * @throws E_CORE_ADDRESS_INVALID
 * @example
 * createAddressSet(["loopback", "10.0.0.0/8"]).has("10.1.2.3"); // true
 */
export function createAddressSet(entries: readonly string[]): AddressSet {
  const list = new BlockList();
  for (const entry of entries.flatMap((text) => (Object.hasOwn(NETWORKS, text) ? (NETWORKS[text] as readonly string[]) : text))) {
    if (entry === UNIX) continue;
    const parsed = parseEntry(entry);
    if (parsed === undefined) throw errors.ADDRESS_INVALID({ text: entry });
    list.addSubnet(parsed.address, parsed.prefix, familyOf(parsed.address));
  }
  const unix = entries.includes(UNIX);
  return { has: (address) => (isIP(address) === 0 ? address === "" && unix : list.check(address, familyOf(address))) };
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return address.includes(":") ? "ipv6" : "ipv4";
}
