import { createHash } from "node:crypto";
import type { CacheKey } from "./contract.ts";
import { errors } from "./errors.ts";

/** Longer names are hashed in the store. */
const LONGEST = 200;
const UNSAFE = /[\u0000-\u001f\u007f]/;
const MOST_PARTS = 32;

/**
 * A key as one text, unlike that of any other key: parts are written as JSON behind a character that no other text may begin with.
 *
 * @throws E_CACHE_KEY_INVALID
 */
export function textOfKey(namespace: string, key: CacheKey): string {
  if (typeof key === "string") {
    if (key === "") throw errors.KEY_INVALID({ namespace, reason: "is empty" });
    return key.charCodeAt(0) === 0 ? `\0s${key}` : key;
  }
  if (!Array.isArray(key)) throw errors.KEY_INVALID({ namespace, reason: "is neither a text nor an array of texts and numbers" });
  const parts = key as readonly unknown[];
  if (parts.length === 0 || parts.length > MOST_PARTS)
    throw errors.KEY_INVALID({ namespace, reason: `has ${parts.length} parts; give 1 to ${MOST_PARTS}` });
  for (const part of parts) {
    // JSON would make `null` of NaN, and two keys one.
    if (typeof part !== "string" && !Number.isFinite(part))
      throw errors.KEY_INVALID({ namespace, reason: `has a part that is neither a text nor a finite number: ${String(part)}` });
  }
  return `\0${JSON.stringify(parts)}`;
}

/**
 * A text as the store may see it: short, printable, and well-formed, or a digest of it. Two texts never become one: `#` begins digests
 * only, and a lone half of a surrogate pair, which UTF-8 cannot tell from another, is hashed as it is.
 */
export function storableName(text: string): string {
  const plain = text.length <= LONGEST && !text.startsWith("#") && !UNSAFE.test(text) && text.isWellFormed();
  if (plain && Buffer.byteLength(text) <= LONGEST) return text;
  return `#${createHash("sha256").update(Buffer.from(text, "utf16le")).digest("base64url")}`;
}

/** How a key is shown to people. */
export function showKey(key: CacheKey): string {
  const text = typeof key === "string" ? key : JSON.stringify(key);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** @throws E_CACHE_TAG_INVALID */
export function checkTags(tags: readonly string[]): readonly string[] {
  for (const tag of tags)
    if (typeof tag !== "string" || tag === "") throw errors.TAG_INVALID({ reason: "must be a text that is not empty" });
  return tags;
}
