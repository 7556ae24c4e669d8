/** A media type in its one canonical spelling. */
export interface MediaType {
  /** `type/subtype` in lower case, without parameters. */
  readonly type: string;
  /** In lower case, quotes removed. */
  readonly charset?: string;
  /** As written, quotes removed; RFC 2046 section 5.1.1. */
  readonly boundary?: string;
}

const MAX_LENGTH = 1_024;
// The names that can be registered (RFC 6838 section 4.2): narrower than a token, so that `*/*` is none.
const ESSENCE = /^[A-Za-z0-9][\w!#$&\-^.+]{0,126}\/[A-Za-z0-9][\w!#$&\-^.+]{0,126}/;
// RFC 9110 section 5.6.6. The alternatives of the quoted string exclude each other, so matching is linear.
const PARAMETER =
  /[ \t]*;[ \t]*(?:([\w!#$%&'*+\-.^`|~]+)=(?:([\w!#$%&'*+\-.^`|~]+)|"((?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*)"))?/y;
const TOKEN = /^[\w!#$%&'*+\-.^`|~]+$/;
const BOUNDARY = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/;

/**
 * Reads a `Content-Type` (RFC 9110 section 8.3.1). Anything outside the grammar, any parameter given twice, and a charset or
 * boundary that could not be one gives undefined: answer it with 415, never with a guess. Linear in the length, at most 1,024.
 *
 * @example
 * parseMediaType("Application/JSON; charset=UTF-8"); // { type: "application/json", charset: "utf-8" }
 * parseMediaType("application/json, text/plain"); // undefined
 */
export function parseMediaType(value: string): MediaType | undefined {
  const essence = value.length > MAX_LENGTH ? undefined : ESSENCE.exec(value)?.[0];
  if (essence === undefined) return undefined;
  const type = essence.toLowerCase();
  if (essence.length === value.length) return { type };
  const parameters = parseParameters(value, essence.length);
  if (parameters === undefined) return undefined;
  const charset = parameters.get("charset")?.toLowerCase();
  const boundary = parameters.get("boundary");
  if (charset !== undefined && !TOKEN.test(charset)) return undefined;
  if (boundary !== undefined && !BOUNDARY.test(boundary)) return undefined;
  return { type, ...(charset !== undefined && { charset }), ...(boundary !== undefined && { boundary }) };
}

/** Parameters by name in lower case, or undefined when the rest of the value is not all parameters. */
function parseParameters(value: string, start: number): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>();
  let position = start;
  while (position < value.length) {
    PARAMETER.lastIndex = position;
    const match = PARAMETER.exec(value);
    if (match === null) return undefined;
    position = PARAMETER.lastIndex;
    const name = match[1]?.toLowerCase();
    if (name === undefined) continue; // the grammar allows an empty parameter, so `a/b;` is `a/b`
    if (parameters.has(name)) return undefined;
    parameters.set(name, match[2] ?? (match[3] as string).replaceAll(/\\(.)/g, "$1"));
  }
  return parameters;
}
