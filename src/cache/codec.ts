import { deserialize, serialize } from "node:v8";

/**
 * Writes a value as the structured clone algorithm does: dates, maps, sets, bytes and bigints come back as what they were; prototypes and
 * getters do not.
 *
 * @throws DataCloneError for functions, symbols and the like
 */
export function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return serialize(value);
}

/** @throws when the bytes are none that {@link encode} made */
export function decode(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}

const MOST_DEPTH = 200;

/**
 * Freezes plain data throughout.
 *
 * @returns whether that makes it safe to share: false when it holds something that can be changed although frozen (dates, maps, sets, bytes)
 */
export function freezeDeeply(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return true;
  if (depth > MOST_DEPTH || !isPlain(value)) return false;
  Object.freeze(value);
  let safe = true;
  for (const inner of Array.isArray(value) ? value : Object.values(value)) safe = freezeDeeply(inner, depth + 1) && safe;
  return safe;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
