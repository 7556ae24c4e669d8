/**
 * Path templates: literal segments, one `:name` or `:name(regex)` per segment, and `*` as the last segment.
 * One parameter per segment keeps matching linear: several in one segment backtrack (CVE-2024-45813, CVE-2026-4926).
 */
export interface PathTemplate {
  readonly text: string;
  /** Without parameters: may be looked up as it stands. */
  readonly isStatic: boolean;
  readonly parameters: readonly string[];
  /** The template with parameter names removed: two routes with one shape can never both be reached. */
  readonly shape: string;
}

const LITERAL = /^[A-Za-z0-9._~!$&'+,;=@-]*$/;
const PARAMETER = /^:([A-Za-z_][A-Za-z0-9_]*)(\(.+\))?$/;

/** Parses a template; a string says what is wrong with it. */
export function parsePath(text: string): PathTemplate | string {
  if (!text.startsWith("/")) return "a path starts with a slash";
  const segments = splitSegments(text.slice(1));
  const parameters: string[] = [];
  const shape: string[] = [];
  for (const [index, segment] of segments.entries()) {
    const parameter = PARAMETER.exec(segment);
    const group = parameter?.[2];
    if (group !== undefined && !isOneGroup(group)) {
      return `the expression of ":${parameter?.[1]}" must be one pair of parentheses; groups inside it are written (?:…)`;
    }
    if (segment === "*") {
      if (index !== segments.length - 1) return "a wildcard can only be the last segment";
      parameters.push("*");
      shape.push("*");
    } else if (parameter !== null) {
      const name = parameter[1] as string;
      if (parameters.includes(name)) return `parameter "${name}" appears twice`;
      parameters.push(name);
      shape.push(`:${group ?? ""}`);
    } else if (segment === "" && index !== segments.length - 1) {
      return "a path has no empty segments";
    } else if (segment === "." || segment === ".." || !LITERAL.test(segment)) {
      return `segment "${segment}" is neither literal text, nor ":name", nor ":name(regex)", nor a last "*"`;
    } else shape.push(segment);
  }
  return { text, isStatic: parameters.length === 0, parameters, shape: `/${shape.join("/")}` };
}

/**
 * Whether the parenthesis that opens the text is closed by its last character, and no group inside captures: what a group captures
 * would be taken for the next parameter's value.
 */
function isOneGroup(text: string): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === "(" && ++depth > 1 && !INNER_GROUP.test(text.slice(index, index + 4))) return false;
    else if (character === ")" && --depth === 0) return index === text.length - 1;
  }
  return false;
}

const INNER_GROUP = /^\(\?(?:[:=!]|<[=!])/;

/** Splits at slashes that stand outside parentheses. */
export function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "(") depth++;
    else if (character === ")") depth--;
    else if (character === "/" && depth === 0) {
      segments.push(text.slice(start, index));
      start = index + 1;
    }
  }
  segments.push(text.slice(start));
  return segments;
}
