import { type ErrorCatalogue, defineErrors } from "../core/mod.ts";

interface Details {
  DRIVER_MISSING: object;
  URL_INVALID: { reason: string };
  OPTIONS_INVALID: { reason: string };
  UNAVAILABLE: { server: string; reason: string };
  TIMEOUT: { server: string; command: string; milliseconds: number };
  REPLY_ERROR: { command: string; reply: string };
}

/** The errors of the redis room. */
export const errors: ErrorCatalogue<Details> = defineErrors<Details>("redis", {
  DRIVER_MISSING: {
    title: "Redis driver missing",
    message: () => "REDIS_URL is set, but the package @redis/client is not installed. Run `npm install @redis/client@6`.",
  },
  URL_INVALID: {
    title: "Invalid Redis URL",
    // The URL itself may hold a password: it is never part of a message.
    message: (d) =>
      `The URL of Redis cannot be used: ${d.reason}. Write "redis://user:password@host:6379/0", or "rediss://…" for TLS.`,
  },
  OPTIONS_INVALID: {
    title: "Invalid Redis options",
    message: (d) => `Redis cannot be used like that: ${d.reason}.`,
  },
  UNAVAILABLE: {
    status: 503,
    title: "Redis unavailable",
    message: (d) => `Redis at ${d.server} is away: ${d.reason}. It is tried again all the time; look whether the server runs.`,
  },
  TIMEOUT: {
    status: 503,
    title: "Redis timed out",
    message: (d) =>
      `Redis at ${d.server} has not answered ${d.command} within ${d.milliseconds} ms. Look at its load and the network, or raise \`commandTimeout\`.`,
  },
  REPLY_ERROR: {
    title: "Redis refused a command",
    message: (d) => `Redis answered ${d.command} with an error: ${d.reply}`,
  },
});
