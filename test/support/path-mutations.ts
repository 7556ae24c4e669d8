/** Other spellings of a path, as they have slipped past guards that look at paths (design lessons, family of routing and normalisation). */

/** A small generator of pseudo-random numbers (mulberry32), so that a failure can be repeated. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const hex = (character: string): string => (character.codePointAt(0) as number).toString(16).padStart(2, "0");
const SLASHES = ["//", "/./", "/%2f", "%2f", "%2F", "/%2e/", "\\", "%5c", "/;/", "/..;/", "%252f", "/%20/", "///"];
const PREFIXES = [
  "/",
  "/.",
  "/./",
  "/../",
  "//",
  "/x/..",
  "/%2e",
  "/%2e%2e",
  "/;",
  "/public/..",
  "/public/../",
  "/public/%2e%2e",
  "/public//..",
  "/public%2f..",
  "http://localhost",
  "//localhost",
  "/\\",
  "/%5c",
  "/mounted/..",
];
const SUFFIXES = [
  "/",
  "//",
  "/.",
  "/..",
  "/%2e",
  ";",
  ";a=b",
  "/;",
  ".",
  "..",
  "%00",
  "%20",
  "%09",
  "%0a",
  "?",
  "??",
  "?a",
  "#",
  "/#",
  "%23",
  "%3f",
  ".json",
  "/x/..",
  "/x/../",
  "%2f",
  "\\",
  "/*",
  "~",
  "%",
  "%ff",
  "&",
  "%c0%af",
];

/**
 * @param path the plain spelling
 * @param count how many spellings, all different from each other and from the plain one
 */
export function mutatePath(path: string, count: number): readonly string[] {
  const random = createRandom(path.length * 7_919 + count);
  const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;
  const at = (text: string, change: (character: string) => string): string => {
    const index = random(text.length);
    return text.slice(0, index) + change(text[index] as string) + text.slice(index + 1);
  };
  const changes: readonly ((text: string) => string)[] = [
    (text) => at(text, (character) => `%${hex(character)}`),
    (text) => at(text, (character) => `%${hex(character).toUpperCase()}`),
    (text) => at(text, (character) => `%25${hex(character)}`),
    (text) => at(text, (character) => `%2525${hex(character)}`),
    (text) =>
      at(text, (character) => (character === character.toUpperCase() ? character.toLowerCase() : character.toUpperCase())),
    (text) => at(text, (character) => (character === "/" ? pick(SLASHES) : character)),
    (text) =>
      at(text, (character) => character + pick(["%00", "%0d%0a", ";", ".", "%20", "\\", "%e2%80%8b", "\u200b", "%c0%ae"])),
    (text) => pick(PREFIXES) + text,
    (text) => text + pick(SUFFIXES),
    (text) => text.toUpperCase(),
    (text) =>
      text
        .split("")
        .map((character) => (character === "/" ? character : `%${hex(character)}`))
        .join(""),
  ];
  const spellings = new Set<string>();
  while (spellings.size < count) {
    let text = path;
    for (let rounds = 1 + random(3); rounds > 0; rounds--) text = pick(changes)(text);
    if (text !== path) spellings.add(text);
  }
  return [...spellings];
}
