/** Content codings that answers are sent in, the one preferred first: smallest and cheapest (docs/decisions/0007-compression.md). */
export const CODINGS = ["zstd", "br", "gzip"] as const;
export type Coding = (typeof CODINGS)[number];

/** Shorter bodies are sent as they are: they fit a packet or two anyway. Bytes. */
export const MIN_COMPRESSED = 1_024;

/** Clients send a few spellings for ever; what a hostile one makes up is not kept. */
const known = new Map<string, readonly Coding[]>();
const MAX_KNOWN = 64;
const MAX_KNOWN_LENGTH = 128;

// RFC 9110, sections 12.4.2 and 12.5.3.
const CHOICE = /^[ \t]*([\w!#$%&'*+\-.^`|~]+)(?:[ \t]*;[ \t]*q=([01](?:\.\d{0,3})?))?[ \t]*$/i;
const MAX_CHOICES = 32;

/** The best coding that an `Accept-Encoding` allows; null for none. */
export function negotiateCoding(header: string): Coding | null {
  return rankCodings(header)[0] ?? null;
}

/**
 * The codings that an `Accept-Encoding` allows and ranks no lower than none at all, best first. Among equals ours decide. A header that
 * cannot be read asks for nothing.
 */
export function rankCodings(header: string): readonly Coding[] {
  const kept = known.get(header);
  if (kept !== undefined) return kept;
  const codings = rank(header);
  if (known.size < MAX_KNOWN && header.length <= MAX_KNOWN_LENGTH) known.set(header, codings);
  return codings;
}

function rank(header: string): readonly Coding[] {
  const weights = parseWeights(header);
  if (weights === null) return [];
  const weightOf = (coding: string): number => weights.get(coding) ?? weights.get("*") ?? 0;
  // No coding is always allowed unless it is ruled out, but only ranked above others where that is said.
  const none = weights.get("identity") ?? 0;
  return CODINGS.filter((coding) => weightOf(coding) > 0 && weightOf(coding) >= none).toSorted(
    (left, right) => weightOf(right) - weightOf(left),
  );
}

/** Weights by name in lower case; null when the header cannot be read. */
function parseWeights(header: string): ReadonlyMap<string, number> | null {
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
  return weights;
}
