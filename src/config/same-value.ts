import { isDeepStrictEqual } from "node:util";
import { isSecret } from "../core/mod.ts";

/** Whether two values of a configuration are the same, looking into groups, lists and secrets. */
export function isSameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (isSecret(left) || isSecret(right)) return isSecret(left) && isSecret(right) && isSameValue(left.reveal(), right.reveal());
  if (!isPlain(left) || !isPlain(right)) return isDeepStrictEqual(left, right);
  const names = Object.keys(left);
  if (Array.isArray(left) !== Array.isArray(right) || names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && isSameValue(left[name], right[name]));
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === Array.prototype || prototype === null;
}
