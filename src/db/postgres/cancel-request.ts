import { connect } from "node:net";
import type { ServerAddress } from "../database-url.ts";

/** PostgreSQL's protocol, "Canceling Requests in Progress": length, a code instead of a version, process, secret. */
const CANCEL_CODE = 80_877_102;
/** Milliseconds for the server to take it. */
const TIMEOUT = 1_000;

export interface CancelTarget {
  readonly processId: number;
  /** A number up to PostgreSQL 17; longer since protocol 3.2. */
  readonly secretKey: number | Uint8Array;
}

/**
 * Asks the server to stop what a session is doing, over a connection that is made for it. Resolves when the server has closed that, which it does
 * after it has signalled the session: a statement that is started later is not hit. Without TLS, as in libpq before 17: the secret
 * is good for nothing but to cancel.
 */
export function sendCancelRequest(server: ServerAddress, { processId, secretKey }: CancelTarget): Promise<void> {
  const secret = typeof secretKey === "number" ? int32(secretKey) : Buffer.from(secretKey);
  const packet = Buffer.concat([int32(12 + secret.length), int32(CANCEL_CODE), int32(processId), secret]);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket =
    server.socket === undefined ? connect(server.port, server.host) : connect(`${server.socket}/.s.PGSQL.${server.port}`);
  socket.setTimeout(TIMEOUT, () => socket.destroy(new Error(`The server did not take a cancel request within ${TIMEOUT} ms.`)));
  socket.on("connect", () => socket.write(packet));
  socket.on("error", (error) => {
    // The server closes without reading on, which some systems report as a reset.
    if ((error as { code?: unknown }).code === "ECONNRESET") resolve();
    else reject(error);
  });
  socket.on("close", () => resolve());
  socket.resume();
  return promise;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
