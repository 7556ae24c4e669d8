/**
 * What a path template means, said as plainly as possible and without any code of the router: segments are compared one by one,
 * decoded once; literal text before expressions before any parameter before the wildcard; the first way through wins.
 */
export interface SlowMatch {
  readonly template: string;
  readonly params: Readonly<Record<string, string>>;
}

/** @returns "malformed" for an escape that is none, undefined when no template matches */
export function matchSlowly(templates: readonly string[], path: string): SlowMatch | "malformed" | undefined {
  try {
    decodeURIComponent(path);
  } catch {
    return templates.length === 0 ? undefined : "malformed";
  }
  const candidates = templates.map((template) => ({ template, wanted: splitTemplate(template) }));
  const match = walk(candidates, path.slice(1).split("/"), 0);
  if (match === undefined) return undefined;
  // A parameter is never empty, and no less exact template takes its place.
  return Object.entries(match.params).some(([name, value]) => name !== "*" && value === "") ? undefined : match;
}

interface Candidate {
  readonly template: string;
  readonly wanted: readonly string[];
}

function walk(candidates: readonly Candidate[], segments: readonly string[], depth: number): SlowMatch | undefined {
  const segment = segments[depth];
  if (segment === undefined) {
    const whole = candidates.find((candidate) => candidate.wanted.length === depth);
    return whole === undefined ? undefined : { template: whole.template, params: bind(whole.wanted, segments) };
  }
  const alive = candidates.filter((candidate) => candidate.wanted.length > depth);
  for (const kind of groupByPreference(alive, depth)) {
    const fitting = kind.filter((candidate) => fits(candidate.wanted[depth] as string, segment));
    const found = fitting.length === 0 ? undefined : walk(fitting, segments, depth + 1);
    if (found !== undefined) return found;
  }
  const wild = alive.find((candidate) => candidate.wanted[depth] === "*");
  if (wild === undefined) return undefined;
  const params = bind(wild.wanted.slice(0, depth), segments);
  return { template: wild.template, params: { ...params, "*": decodeURIComponent(segments.slice(depth).join("/")) } };
}

/** Literals, then each expression, then plain parameters. */
function groupByPreference(candidates: readonly Candidate[], depth: number): Candidate[][] {
  const groups = new Map<string, Candidate[]>([["literal", []]]);
  const plain: Candidate[] = [];
  for (const candidate of candidates) {
    const wanted = candidate.wanted[depth] as string;
    if (wanted === "*") continue;
    if (!wanted.startsWith(":")) groups.get("literal")?.push(candidate);
    else if (!wanted.includes("(")) plain.push(candidate);
    else {
      const expression = wanted.slice(wanted.indexOf("("));
      groups.set(expression, [...(groups.get(expression) ?? []), candidate]);
    }
  }
  return [...groups.values(), plain];
}

function fits(wanted: string, segment: string): boolean {
  if (!wanted.startsWith(":")) return wanted === decodeUnreserved(segment);
  if (!wanted.includes("(")) return true;
  return new RegExp(`^${wanted.slice(wanted.indexOf("("))}$`).test(decodeURIComponent(segment));
}

/** Literal text may be spelled with escapes, but not of characters that have a meaning in URLs. */
function decodeUnreserved(segment: string): string {
  return segment.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => decodeURI(escapes.replaceAll("%25", "%2525")));
}

function bind(wanted: readonly string[], segments: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, want] of wanted.entries()) {
    if (!want.startsWith(":")) continue;
    params[want.slice(1).split("(", 1)[0] as string] = decodeURIComponent(segments[index] as string);
  }
  return params;
}

function splitTemplate(template: string): readonly string[] {
  // No expression in the tests that use this has a slash in it.
  return template.slice(1).split("/");
}
