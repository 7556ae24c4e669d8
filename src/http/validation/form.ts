/** Fields of a query string or an urlencoded form: text, or a list where a name is repeated. Has no prototype. */
export type Fields = Record<string, string | string[]>;

/** Says what is wrong with encoded fields. */
export class FieldsFault {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** More fields than any form has, and few enough that reading them costs nothing. */
const MAX_FIELDS = 1_000;

/**
 * Reads `application/x-www-form-urlencoded` text (WHATWG URL, section 5.1) strictly: what is not valid UTF-8 is a fault, not a
 * replacement character. Names are taken as they are: no nesting, no brackets (lesson: qs, CVE-2025-15284).
 */
export function parseFields(text: string): Fields | FieldsFault {
  const fields = Object.create(null) as Fields;
  if (text === "") return fields;
  let count = 0;
  let start = 0;
  let equals = -1;
  while (start <= text.length) {
    const ampersand = text.indexOf("&", start);
    const end = ampersand === -1 ? text.length : ampersand;
    if (end > start) {
      if (++count > MAX_FIELDS) return new FieldsFault(`more than ${MAX_FIELDS} fields`);
      // Looked for once and kept until passed: a text without any is not searched to its end for every field.
      if (equals < start) equals = text.indexOf("=", start);
      if (equals === -1) equals = text.length;
      const nameEnd = equals > end ? end : equals;
      const name = decode(text.slice(start, nameEnd));
      const value = nameEnd === end ? "" : decode(text.slice(nameEnd + 1, end));
      if (name === undefined || value === undefined) return new FieldsFault("a percent sign that starts no valid UTF-8 escape");
      addField(fields, name, value);
    }
    start = end + 1;
  }
  return fields;
}

/** Adds a field; a name that is repeated holds a list. */
export function addField(fields: Fields, name: string, value: string): void {
  const existing = fields[name];
  if (existing === undefined) fields[name] = value;
  else if (typeof existing === "string") fields[name] = [existing, value];
  else existing.push(value);
}

/** Gives a field that should be a list, but came once, as a list of one. */
export function toLists(value: unknown, lists: readonly string[]): unknown {
  // Only parsed fields have no prototype: JSON says itself what is a list.
  if (lists.length === 0 || typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== null) return value;
  const fields = value as Fields;
  for (const name of lists) {
    const field = fields[name];
    if (typeof field === "string") fields[name] = [field];
  }
  return fields;
}

function decode(text: string): string | undefined {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    return undefined;
  }
}
