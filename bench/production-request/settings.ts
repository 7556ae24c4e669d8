// What every server of this benchmark agrees on. No package is imported here: the bare server uses it too.
import { createSecretKey } from "node:crypto";

export { HOST, PORT, announceReady } from "../harness/environment.ts";

/** HS256 key of the bearer tokens. */
export const SECRET: string = "s".repeat(32);
export const SECRET_KEY: ReturnType<typeof createSecretKey> = createSecretKey(Buffer.from(SECRET));
/** The only origin that CORS allows. */
export const ORIGIN = "https://app.example.com";
/** High enough that no request of a run is refused; every request is still counted. */
export const LIMIT = { requests: 1_000_000, windowMilliseconds: 60_000 } as const;
