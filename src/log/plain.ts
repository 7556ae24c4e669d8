import { types } from "node:util";
import { REDACTED, type Redaction } from "./redaction.ts";

/** Fields of a line, without a prototype: any name is just a name. */
export type Fields = Record<string, unknown>;

const MAX_DEPTH = 8;
/** Entries of one object or array. */
const MAX_ENTRIES = 200;
/** Key under which a copy says how much of its original is missing. */
const MORE = "…";
const UNREADABLE = "[unreadable]";
const ERROR_FIELDS: readonly string[] = ["message", "code", "stack", "cause", "errors"];

/** Names that every line has already; a field of that name gets an underscore. */
const TAKEN: Readonly<Record<string, string>> = Object.freeze(
  Object.assign(Object.create(null) as Record<string, string>, { time: "time_", level: "level_", msg: "msg_" }),
);

/**
 * A copy of fields that JSON can write and that is safe to log: no cycles, no accessors, bounded in depth and length, sensitive values
 * hidden. Whatever the original does while it is read (throwing getters, proxies, `toJSON`) ends here.
 *
 * @param budget characters that keys and values may take together
 */
export function copyFields(source: object, redaction: Redaction, budget: number): Fields {
  return new Copy(redaction, budget).fields(source);
}

/** Text, cut to a length, with a mark that says how much is missing. */
export function cutText(text: string, length: number): string {
  if (text.length <= length) return text;
  // Half a surrogate pair would not survive UTF-8.
  const end = length > 0 && /[\uD800-\uDBFF]/.test(text[length - 1] as string) ? length - 1 : length;
  return `${text.slice(0, end)}…[${text.length - end} more]`;
}

/** Any value as text, whatever its own conversion does. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return String(value);
  } catch {
    return UNREADABLE;
  }
}

/** One copy under way. */
class Copy {
  readonly #redaction: Redaction;
  /** The longest single text: one giant must not cost the other fields their place. */
  readonly #longest: number;
  readonly #path: string[] = [];
  readonly #ancestors: object[] = [];
  #budget: number;

  constructor(redaction: Redaction, budget: number) {
    this.#redaction = redaction;
    this.#budget = budget;
    this.#longest = budget >> 2;
  }

  fields(source: object): Fields {
    const copy = this.#value(source);
    if (isError(source)) return Object.assign(emptyFields(), { error: errorShape(copy) });
    if (typeof copy !== "object" || copy === null || Array.isArray(copy)) return Object.assign(emptyFields(), { value: copy });
    const target = emptyFields();
    for (const [key, value] of Object.entries(copy)) target[TAKEN[key] ?? key] = key === "error" ? errorShape(value) : value;
    return target;
  }

  #value(value: unknown): unknown {
    this.#budget -= 8;
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "number":
      case "boolean":
      case "undefined":
        return value;
      case "object":
        return value === null ? null : this.#guarded(value);
      case "function":
        return "[function]";
      default:
        return this.#text(String(value)); // bigint, symbol
    }
  }

  #text(text: string): string {
    const cut = cutText(text, Math.min(this.#longest, Math.max(this.#budget, 0)));
    this.#budget -= cut.length;
    return cut;
  }

  #guarded(source: object): unknown {
    if (this.#ancestors.includes(source)) return "[circular]";
    if (this.#ancestors.length >= MAX_DEPTH) return "[too deep]";
    this.#ancestors.push(source);
    try {
      return this.#object(source);
    } catch {
      return UNREADABLE;
    } finally {
      this.#ancestors.pop();
    }
  }

  #object(source: object): unknown {
    if (isError(source)) return this.#error(source);
    if (Array.isArray(source)) return this.#array(source, source.length);
    if (source instanceof Map) return this.#record(Object.fromEntries(namedEntries(source)), source.size);
    if (source instanceof Set) return this.#array(source, source.size);
    if (ArrayBuffer.isView(source) || types.isAnyArrayBuffer(source)) return `[${source.byteLength} bytes]`;
    const { toJSON } = source as { toJSON?: unknown };
    if (typeof toJSON === "function") {
      const json: unknown = toJSON.call(source, "");
      if (json !== source) return this.#value(json);
    }
    return this.#record(source as Fields);
  }

  #array(source: Iterable<unknown>, length: number): unknown[] {
    const target: unknown[] = [];
    for (const element of source) {
      if (target.length >= MAX_ENTRIES || this.#budget <= 0) {
        target.push(`${MORE}[${length - target.length} more]`);
        break;
      }
      target.push(this.#value(element) ?? null);
    }
    return target;
  }

  #record(source: Fields, size?: number): Fields {
    const target = emptyFields();
    const keys = Object.keys(source);
    for (const [index, key] of keys.entries()) {
      if (index >= MAX_ENTRIES || this.#budget <= 0) {
        target[MORE] = `[${(size ?? keys.length) - index} more]`;
        break;
      }
      const name = this.#text(key);
      if (this.#redaction.matches(key, this.#path)) target[name] = REDACTED;
      else this.#put(target, name, source, key);
    }
    return target;
  }

  #put(target: Fields, name: string, source: Fields, key: string): void {
    this.#path.push(key);
    try {
      const value = this.#value(source[key]);
      if (value !== undefined) target[name] = value;
    } catch {
      target[name] = UNREADABLE; // a getter threw: its neighbours are still worth having
    } finally {
      this.#path.pop();
    }
  }

  /** An error by its standard fields only: libraries hang whole requests, credentials included, on the errors they throw. */
  #error(source: object): Fields {
    const target = emptyFields();
    target["type"] = this.#text(errorType(source));
    for (const key of ERROR_FIELDS) this.#put(target, key, source as Fields, key);
    return target;
  }
}

function emptyFields(): Fields {
  return Object.create(null) as Fields;
}

/** One entry more than is written, so that the rest is noticed. */
function namedEntries(source: ReadonlyMap<unknown, unknown>): Iterable<readonly [string, unknown]> {
  return source
    .entries()
    .take(MAX_ENTRIES + 1)
    .map(([key, value]) => [textOf(key), value] as const);
}

/** Errors of other realms, too; a proxy of one is none. */
function isError(value: object): boolean {
  return types.isNativeError(value) || (!types.isProxy(value) && value instanceof Error);
}

function errorType(error: object): string {
  try {
    const { name, constructor } = error as Error;
    return textOf(name === "Error" ? constructor.name : name);
  } catch {
    return "Error";
  }
}

/** The field `error` is always an object, so that a store which fixes the type of a field takes every line. */
function errorShape(copy: unknown): unknown {
  return typeof copy === "object" ? copy : Object.assign(emptyFields(), { type: typeof copy, message: textOf(copy) });
}
