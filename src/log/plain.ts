import { types } from "node:util";
import { REDACTED, type Redaction } from "./redaction.ts";

/** Fields of a line. */
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
  Object.assign(Object.create(null) as Record<string, string>, {
    "@timestamp": "@timestamp_",
    level: "level_",
    message: "message_",
  }),
);

/**
 * Copies fields so that JSON can write them and a log may have them: no cycles, no accessors, bounded in depth and length, sensitive values
 * hidden. Whatever the original does while it is read (throwing getters, proxies, `toJSON`) ends here.
 *
 * @param target gets the fields; must have none of the names `@timestamp`, `level` and `message`, and gets none
 * @param budget characters that keys and values may take together
 */
export function copyFields(target: Fields, source: object, redaction: Redaction, budget: number): void {
  new Copy(target, redaction, budget).run(source);
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
  readonly #target: Fields;
  readonly #redaction: Redaction;
  /** The longest single text: one giant must not cost the other fields their place. */
  readonly #longest: number;
  readonly #path: string[] = [];
  readonly #ancestors: object[] = [];
  #budget: number;

  constructor(target: Fields, redaction: Redaction, budget: number) {
    this.#target = target;
    this.#redaction = redaction;
    this.#budget = budget;
    this.#longest = budget >> 2;
  }

  run(source: object): void {
    const copy = this.#value(source);
    if (copy === this.#target) return;
    // No object with fields of its own: an error, an array, something with a toJSON.
    if (isError(source)) setField(this.#target, "error", errorShape(copy));
    else if (typeof copy !== "object" || copy === null || Array.isArray(copy)) setField(this.#target, "value", copy);
    else for (const [key, value] of Object.entries(copy)) this.#setTop(key, value);
  }

  #setTop(name: string, value: unknown): void {
    setField(this.#target, TAKEN[name] ?? name, name === "error" ? errorShape(value) : value);
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
    const isTop = this.#ancestors.length === 1;
    const target = isTop ? this.#target : {};
    const keys = Object.keys(source);
    for (let index = 0; index < keys.length; index++) {
      const key = keys[index] as string;
      if (index >= MAX_ENTRIES || this.#budget <= 0) {
        target[MORE] = `[${(size ?? keys.length) - index} more]`;
        break;
      }
      const name = this.#text(key);
      const value = this.#redaction.matches(key, this.#path) ? REDACTED : this.#property(source, key);
      if (value === undefined) continue;
      if (isTop) this.#setTop(name, value);
      else setField(target, name, value);
    }
    return target;
  }

  #property(source: Fields, key: string): unknown {
    this.#path.push(key);
    try {
      return this.#value(source[key]);
    } catch {
      return UNREADABLE; // a getter threw: its neighbours are still worth having
    } finally {
      this.#path.pop();
    }
  }

  /** An error by its standard fields only: libraries hang whole requests, credentials included, on the errors they throw. */
  #error(source: object): Fields {
    const target: Fields = { type: this.#text(errorType(source)) };
    for (const key of ERROR_FIELDS) {
      const value = this.#property(source as Fields, key);
      if (value !== undefined) target[key] = value;
    }
    return target;
  }
}

// perf: objects with a prototype, because V8 keeps those without one as hash tables, slower to fill and to write.
function setField(target: Fields, name: string, value: unknown): void {
  if (name === "__proto__") Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
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
  return typeof copy === "object" ? copy : { type: typeof copy, message: textOf(copy) };
}
