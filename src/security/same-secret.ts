import { createHash, timingSafeEqual } from "node:crypto";
import type { Secret } from "../core/mod.ts";

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Whether a text that somebody sent is a secret. How long it takes tells nothing of how much of it was right. */
export function isSameSecret(given: string, secret: Secret): boolean {
  return timingSafeEqual(digest(given), digest(secret.reveal()));
}
