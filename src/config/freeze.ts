/** Freezes a value and all that it holds, in place. Instances of classes are frozen themselves; what they hold is theirs. */
export function deepFreeze<Value>(value: Value): Value {
  freeze(value, new Set());
  return value;
}

function freeze(value: unknown, seen: Set<unknown>): void {
  // Typed arrays cannot be frozen; Object.freeze throws on them.
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value) || seen.has(value)) return;
  seen.add(value);
  Object.freeze(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype && !Array.isArray(value)) return;
  for (const inner of Object.values(value)) freeze(inner, seen);
}
