import { errors } from "./errors.ts";

/** A part of a template that a value takes the place of. */
interface Parameter {
  /** `"*"` for a wildcard. */
  readonly name: string;
  /** What its value must match. */
  readonly expression: RegExp | null;
}

/** A template as what stands in it: literal text, and parameters. */
type Template = readonly (string | Parameter)[];

const NAME = /:([A-Za-z_][A-Za-z0-9_]*)/y;

/** @throws E_CALLER_TEMPLATE_INVALID */
function parseTemplate(text: string): Template {
  if (!text.startsWith("/") || text.startsWith("//")) throw errors.TEMPLATE_INVALID({ template: text });
  const parts: (string | Parameter)[] = [];
  let start = 0;
  for (let at = 1; at < text.length; at++) {
    if (text[at - 1] !== "/") continue;
    const found = parameterAt(text, at);
    if (found === undefined) continue;
    parts.push(text.slice(start, at), found.parameter);
    start = at = found.end;
  }
  parts.push(text.slice(start));
  return parts;
}

function parameterAt(text: string, at: number): { readonly parameter: Parameter; readonly end: number } | undefined {
  if (text[at] === "*" && at === text.length - 1) return { parameter: { name: "*", expression: null }, end: text.length };
  NAME.lastIndex = at;
  const name = NAME.exec(text)?.[1];
  if (name === undefined) return undefined;
  const open = at + 1 + name.length;
  const end = text[open] === "(" ? endOfGroup(text, open) : open;
  // The matcher holds the whole decoded value against it, in the same way.
  const expression = end === open ? null : new RegExp(`^${text.slice(open, end)}$`);
  return { parameter: { name, expression }, end };
}

/** The place behind the parenthesis that closes the one at `open`. */
function endOfGroup(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "(") depth++;
    else if (text[at] === ")" && --depth === 0) return at + 1;
  }
  throw errors.TEMPLATE_INVALID({ template: text });
}

/** Values of a template's parameters by name. */
export type ParamValues = Readonly<Record<string, string | number | null | undefined>>;

/**
 * The path of a template with its parameters filled in. Every value stays in its segment, whatever it is; a wildcard's keeps its slashes.
 *
 * Segments `.` and `..` cannot be sent: whoever reads a URL takes them away, percent-encoded ones too (URL standard, section 4.4).
 *
 * @throws E_CALLER_TEMPLATE_INVALID, E_CALLER_PARAM_MISSING, E_CALLER_PARAM_INVALID
 */
export function fillTemplate(template: string, params: ParamValues): string {
  let path = "";
  for (const part of parseTemplate(template)) {
    path += typeof part === "string" ? part : encodeParameter(template, part, params);
  }
  return path;
}

function encodeParameter(template: string, { name, expression }: Parameter, params: ParamValues): string {
  const given = Object.hasOwn(params, name) ? params[name] : undefined;
  const value = given === undefined || given === null ? "" : String(given);
  if (value === "") throw errors.PARAM_MISSING({ template, parameter: name });
  const refuse = (reason: string): Error => errors.PARAM_INVALID({ template, parameter: name, reason });
  if (!value.isWellFormed()) throw refuse("has half of a surrogate pair, which UTF-8 cannot say");
  if (expression !== null && !expression.test(value)) throw refuse(`does not match ${expression.source}`);
  if (name === "*" && value.startsWith("/")) throw refuse("begins with a slash: two at the start of a URL lead to another host");
  const segments = name === "*" ? value.split("/") : [value];
  if (segments.some((segment) => segment === "." || segment === ".."))
    throw refuse('has a segment "." or "..", which every reader of a URL takes away');
  return segments.map(encodeURIComponent).join("/");
}
