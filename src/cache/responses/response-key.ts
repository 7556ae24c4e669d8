import { hash } from "node:crypto";
import type { ReplayRoute, RequestView } from "../../http/mod.ts";

/** Longer keys are hashed: a path or a query may have kilobytes. */
const LONGEST = 256;

/**
 * Under what an answer is kept: everything that it may depend on. The path is taken as it was sent, so two spellings are two keys; the order of
 * parameters with different names does not matter.
 *
 * @param parts values of varied headers, and whose answer it is
 */
export function responseKey(route: ReplayRoute, { scheme, host, url }: RequestView, parts: readonly string[]): string {
  const question = url.indexOf("?");
  const path = question === -1 ? url : url.slice(0, question);
  const query = question === -1 ? "" : sortQuery(url.slice(question + 1));
  const key = JSON.stringify([route.path, route.version, scheme, host.toLowerCase(), path, query, ...parts]);
  return key.length <= LONGEST ? key : `${route.path} ${hash("sha256", key, "base64url")}`;
}

/** Parameters by name; those of one name stay in their order, which may mean something. */
function sortQuery(query: string): string {
  const fields = query.split("&").map((field) => [field.split("=", 1)[0] as string, field] as const);
  return fields
    .toSorted(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([, field]) => field)
    .join("&");
}
