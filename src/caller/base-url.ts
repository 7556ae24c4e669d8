import { errors } from "./errors.ts";

/**
 * What stands before every path: scheme, host and, if there is one, a prefix, without a slash at the end. A path is only ever put behind
 * it, so no path leads to another host (lesson: CVE-2025-27152).
 *
 * @throws E_CALLER_BASE_INVALID
 */
export function parseBase(base: string | URL): string {
  const url = URL.parse(String(base));
  const usable = url !== null && (url.protocol === "http:" || url.protocol === "https:");
  if (!usable || url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "")
    throw errors.BASE_INVALID({ base: String(base) });
  return url.origin + url.pathname.replace(/\/+$/, "");
}
