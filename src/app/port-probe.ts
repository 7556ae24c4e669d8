import { createServer } from "node:net";
import { removeStaleSocket, socketPathOf } from "../http/mod.ts";
import { errors } from "./errors.ts";

export interface Probe {
  readonly host: string;
  readonly port: number;
  /** For the message. */
  readonly what: string;
}

/** A port that nobody else has meanwhile. */
export interface HeldPort {
  /** Chosen by the system when 0 was asked for. */
  readonly port: number;
  release(): Promise<void>;
}

/**
 * Makes sure that nobody listens on a port or Unix socket; the file that a killed server left of its socket is removed. Threads share the port
 * with each other, and the kernel would let another program of the same user share it too, silently; only a listener that shares with nobody
 * finds that out.
 *
 * @returns the port, chosen by the system when 0 was asked for
 * @throws E_APP_PORT_IN_USE, E_APP_PORT_REFUSED
 */
export async function probePort(probe: Probe): Promise<number> {
  const held = await holdPort(probe);
  await held.release();
  return held.port;
}

/** As {@link probePort}, and keeps the port until it is released. */
export async function holdPort(probe: Probe): Promise<HeldPort> {
  const { host, port } = probe;
  const path = socketPathOf(host);
  if (path !== undefined) await removeStaleSocket(path);
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => reject(portFault(error, probe)));
    server.listen(path === undefined ? { host, port, exclusive: true } : { path }, () => {
      const address = server.address();
      const chosen = typeof address === "object" && address !== null ? address.port : port;
      resolve({ port: chosen, release: () => new Promise((released) => server.close(() => released())) });
    });
  });
}

/** Why a server could not listen, as an operator should read it. */
export function portFault(error: Error & { readonly code?: string }, { host, port, what }: Probe): Error {
  if (error.code === "EADDRINUSE") return errors.PORT_IN_USE({ host, port, what });
  return errors.PORT_REFUSED({ host, port, reason: error.message }, { cause: error });
}
