import pino, { type DestinationStream } from "pino";

/** Where the peers' loggers write: `LOG_FILE`, in chunks of 4 KiB, the rest ten times a second. */
export function openAccessLog(): DestinationStream {
  return pino.destination({ dest: process.env["LOG_FILE"] ?? "/dev/null", sync: true, minLength: 4_096, periodicFlush: 100 });
}
