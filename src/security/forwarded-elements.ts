/** One element of a `Forwarded` field: what one proxy said. */
export interface ForwardedElement {
  readonly for: string | undefined;
  readonly proto: string | undefined;
  readonly host: string | undefined;
}

const MAX_LENGTH = 4_096;
const MAX_ELEMENTS = 32;
// RFC 7239, section 4: pairs of a token and a token or quoted string, without blanks around the equals sign.
const PAIR =
  /([\w!#$%&'*+\-.^`|~]+)=(?:([\w!#$%&'*+\-.^`|~]+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)")/y;
const SEPARATOR = /[\t ]*([,;])[\t ]*/y;

/**
 * Reads a `Forwarded` field (RFC 7239) from left to right. Undefined when any of it is malformed, when a parameter comes twice in an
 * element, or when it is longer than 4 KB or 32 elements: half of what proxies said would be worse than nothing.
 */
export function parseForwarded(header: string): readonly ForwardedElement[] | undefined {
  if (header.length > MAX_LENGTH) return undefined;
  const elements: ForwardedElement[] = [];
  let pairs = new Map<string, string>();
  for (let at = 0; ;) {
    PAIR.lastIndex = at;
    const pair = PAIR.exec(header);
    if (pair === null) return undefined;
    const name = (pair[1] as string).toLowerCase();
    if (pairs.has(name)) return undefined;
    pairs.set(name, pair[2] ?? (pair[3] as string).replaceAll(/\\(.)/g, "$1"));
    SEPARATOR.lastIndex = at = PAIR.lastIndex;
    const separator = SEPARATOR.exec(header)?.[1];
    if (separator !== ";") {
      elements.push({ for: pairs.get("for"), proto: pairs.get("proto"), host: pairs.get("host") });
      if (elements.length > MAX_ELEMENTS) return undefined;
      pairs = new Map<string, string>();
    }
    if (separator === undefined) return at === header.length ? elements : undefined;
    at = SEPARATOR.lastIndex;
  }
}
