import { createServer } from "node:net";
import { removeStaleSocket, socketPathOf } from "../http/mod.ts";
import { errors } from "./errors.ts";

export interface Probe {
  readonly host: string;
  readonly port: number;
  /** For the message. */
  readonly what: string;
}

/**
 * Makes sure that nobody listens on a port or Unix socket; the file that a killed server left of its socket is removed. Threads share the port with each other, and the kernel would let another program of the
 * same user share it too, silently; only a listener that shares with nobody finds that out.
 *
 * @returns the port, chosen by the system when 0 was asked for
 * @throws E_APP_PORT_IN_USE, E_APP_PORT_REFUSED
 */
export async function probePort({ host, port, what }: Probe): Promise<number> {
  const path = socketPathOf(host);
  if (path !== undefined) await removeStaleSocket(path);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: Error & { code?: string }) => {
      reject(
        error.code === "EADDRINUSE"
          ? errors.PORT_IN_USE({ host, port, what })
          : errors.PORT_REFUSED({ host, port, reason: error.message }, { cause: error }),
      );
    });
    server.listen(path === undefined ? { host, port, exclusive: true } : { path }, () => {
      const address = server.address();
      const chosen = typeof address === "object" && address !== null ? address.port : port;
      server.close(() => resolve(chosen));
    });
  });
}
