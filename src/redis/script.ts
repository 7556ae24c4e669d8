import { createHash } from "node:crypto";
import type { RedisScript } from "./contract.ts";

/**
 * Declares a Lua script. It travels to a server once; then it is called by its hash.
 *
 * @param declaration `name` shows in metrics and errors; `source` is Lua as Redis runs it, with `KEYS` and `ARGV`
 * @example
 * const takeOne = defineScript({
 *   name: "take-one",
 *   source: `local left = tonumber(redis.call("GET", KEYS[1]) or "0")
 *     if left > 0 then redis.call("DECR", KEYS[1]) end
 *     return left`,
 * });
 */
export function defineScript(declaration: { readonly name: string; readonly source: string }): RedisScript {
  const { name, source } = declaration;
  return Object.freeze({ name, source, hash: createHash("sha1").update(source).digest("hex") });
}
