import { isUtf8 } from "node:buffer";
import { errors } from "../errors.ts";

/** Bounds that hold for every JSON body, whatever its schema. */
const MAX_DEPTH = 64;
/** Keys in one object: enough for any contract, too few to make key collisions costly (CVE-2026-21717). */
const MAX_KEYS = 2_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Parses a JSON body: UTF-8 only, bounded in depth and in keys per object, and without the keys that poison prototypes.
 *
 * @throws E_HTTP_BODY_MALFORMED
 */
export function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw errors.BODY_MALFORMED({ reason: "The body is not valid UTF-8." });
  checkStructure(bytes);
  const text = bytes.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw errors.BODY_MALFORMED({ reason: "The body is not valid JSON." }, { cause });
  }
  // perf: keys can only be dangerous when these words, or an escape that may spell them, are in the text.
  if (text.includes("__proto__") || text.includes('"constructor"') || text.includes("\\u")) refusePrototypeKeys(value);
  return value;
}

/** Depth and keys per object, counted before anything is built from them. Malformed input passes: the parser refuses it. */
function checkStructure(bytes: Buffer): void {
  // Fewer bytes than this can break neither bound.
  if (bytes.length <= MAX_DEPTH) return;
  const keys = new Uint32Array(MAX_DEPTH + 1);
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    switch (bytes[index]) {
      case QUOTE:
        index = endOfString(bytes, index + 1);
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        if (++depth > MAX_DEPTH) throw errors.BODY_MALFORMED({ reason: `The body is nested deeper than ${MAX_DEPTH} levels.` });
        keys[depth] = 0;
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth > 0) depth--;
        break;
      case COLON:
        if (++(keys as { [depth: number]: number })[depth]! > MAX_KEYS) {
          throw errors.BODY_MALFORMED({ reason: `An object in the body has more than ${MAX_KEYS} keys.` });
        }
        break;
      default:
    }
  }
}

/** Index of the quote that ends the string starting at `from`; the length when none does. */
function endOfString(bytes: Buffer, from: number): number {
  for (let index = from; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === BACKSLASH) index++;
    else if (byte === QUOTE) return index;
  }
  return bytes.length;
}

function refusePrototypeKeys(root: unknown): void {
  const pending: unknown[] = [root];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== "object" || value === null) continue;
    if (Object.hasOwn(value, "__proto__")) throw errors.BODY_MALFORMED({ reason: 'The body has a key "__proto__".' });
    const constructor = Object.hasOwn(value, "constructor") ? (value as { constructor: unknown }).constructor : undefined;
    if (typeof constructor === "object" && constructor !== null && Object.hasOwn(constructor, "prototype")) {
      throw errors.BODY_MALFORMED({ reason: 'The body has a key "constructor" that holds a key "prototype".' });
    }
    for (const child of Object.values(value)) if (typeof child === "object") pending.push(child);
  }
}
