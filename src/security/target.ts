import { type FramingFault, TARGET_CHARACTER, TARGET_FORM, TARGET_FRAGMENT, TARGET_LONG } from "./framing-fault.ts";

/** Longest request target taken, in characters. RFC 9112 section 3 asks servers for at least 8,000. */
export const MAX_TARGET_LENGTH = 8_192;

const ORIGIN_FORM = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/;

/**
 * What is wrong with a request target, or undefined. Only the origin form (`/path?query`) is taken, and `*` with OPTIONS. The
 * absolute form is refused although RFC 9112 section 3.2.2 wants servers to take it: only proxies get it sent, and two
 * spellings of one target have let requests past guards. Every character must be visible ASCII, and no `\` or `#`.
 */
export function findTargetFault(method: string, target: string): FramingFault | undefined {
  if (target.length > MAX_TARGET_LENGTH) return TARGET_LONG;
  if (ORIGIN_FORM.test(target)) return undefined;
  if (!target.startsWith("/")) return target === "*" && method === "OPTIONS" ? undefined : TARGET_FORM;
  return target.includes("#") ? TARGET_FRAGMENT : TARGET_CHARACTER;
}
