import { hash } from "node:crypto";
import type { ReplayRoute, RequestView } from "../http/mod.ts";

/** Headers that change what a request asks for. */
const MEANT: readonly string[] = ["if-match", "if-none-match", "if-unmodified-since"];

/** What a key is filed under: one caller's, on one route. */
export function claimId({ method, host, path, version }: ReplayRoute, scope: string, key: string): string {
  return digest([method, host, path, version, scope, key]);
}

/**
 * What a request asks for: its target as it was sent, the media type, conditions, and the body's digest where it is known before the handler
 * runs. Type parameters are left out: the boundary of a form is drawn anew for each attempt.
 */
export function fingerprintOf({ url, headers }: RequestView, payload: string | undefined): string {
  const type = headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return digest([url, type, ...MEANT.map((name) => headers[name] ?? ""), payload ?? ""]);
}

function digest(texts: readonly string[]): string {
  return hash("sha256", JSON.stringify(texts));
}
