/** Content codings that answers are sent in, the one preferred first: smallest and cheapest (docs/decisions/0007-compression.md). */
export const CODINGS = ["zstd", "br", "gzip"] as const;
export type Coding = (typeof CODINGS)[number];

/** Shorter bodies are sent as they are: they fit a packet or two anyway. Bytes. */
export const MIN_COMPRESSED = 1_024;

/** Clients send a few spellings for ever; what a hostile one makes up is not kept. */
const known = new Map<string, Coding | null>();
const MAX_KNOWN = 64;
const MAX_KNOWN_LENGTH = 128;

// RFC 9110, sections 12.4.2 and 12.5.3.
const CHOICE = /^[ \t]*([\w!#$%&'*+\-.^`|~]+)(?:[ \t]*;[ \t]*q=([01](?:\.\d{0,3})?))?[ \t]*$/i;
const MAX_CHOICES = 32;

/**
 * The coding that an `Accept-Encoding` allows and ranks no lower than none at all; null for none. Among equals ours decide. A header
 * that cannot be read asks for nothing.
 */
export function negotiateCoding(header: string): Coding | null {
  const kept = known.get(header);
  if (kept !== undefined) return kept;
  const coding = choose(header);
  if (known.size < MAX_KNOWN && header.length <= MAX_KNOWN_LENGTH) known.set(header, coding);
  return coding;
}

function choose(header: string): Coding | null {
  const weights = new Map<string, number>();
  const texts = header.split(",", MAX_CHOICES + 1);
  if (texts.length > MAX_CHOICES) return null;
  for (const text of texts) {
    if (text.trim() === "") continue;
    const match = CHOICE.exec(text);
    if (match === null) return null;
    const name = (match[1] as string).toLowerCase();
    weights.set(name === "x-gzip" ? "gzip" : name, Math.min(1, Number(match[2] ?? 1)));
  }
  const others = weights.get("*") ?? 0;
  // No coding is always allowed unless it is ruled out, but only ranked above others where that is said.
  let best: Coding | null = null;
  let weight = weights.get("identity") ?? 0;
  for (const coding of CODINGS) {
    const its = weights.get(coding) ?? others;
    if (its > weight || (its === weight && its > 0 && best === null)) {
      best = coding;
      weight = its;
    }
  }
  return best;
}
