import { chmod, lstat, unlink } from "node:fs/promises";
import { type AddressInfo, type ListenOptions as NetListenOptions, type Server, connect } from "node:net";

export interface ListenOptions {
  /** An address, or `unix:` and the path of a socket. */
  readonly host: string;
  /** Counts for nothing with a Unix socket. */
  readonly port: number;
  /** Permissions of a Unix socket. Default `0o660`: its owner and group may connect. */
  readonly socketMode?: number;
  /** Lets several threads listen on one port; the kernel shares connections out. */
  readonly reusePort?: boolean;
}

/** Where a server listens. */
export interface ListeningAddress {
  /** 0 for a Unix socket. */
  readonly port: number;
  /** Path of the Unix socket, if it is one. */
  readonly path: string | undefined;
}

const UNIX = "unix:";
const DEFAULT_MODE = 0o660;
const BACKLOG = 1_024;

/** The path of a Unix socket in a host setting; undefined for any other host. */
export function socketPathOf(host: string): string | undefined {
  return host.startsWith(UNIX) ? host.slice(UNIX.length) : undefined;
}

/** Listens on an address or a Unix socket, whose file is removed again when the server closes. */
export async function listenOn(server: Server, options: ListenOptions): Promise<ListeningAddress> {
  const { host, port, reusePort = false, socketMode = DEFAULT_MODE } = options;
  const path = socketPathOf(host);
  if (path === undefined) {
    await listening(server, { host, port, reusePort, backlog: BACKLOG });
    return { port: (server.address() as AddressInfo).port, path };
  }
  await removeStaleSocket(path);
  // Until its mode is set only its owner may connect, as far as the process's umask takes care of that, which the usual one does.
  await listening(server, { path, backlog: BACKLOG });
  await chmod(path, socketMode);
  return { port: 0, path };
}

function listening(server: Server, options: NetListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/**
 * Removes the socket file of a server that is gone: one that was killed leaves its own behind. What is no socket is left alone, and
 * so is a socket that somebody listens on; listening then fails, as on a port that is taken.
 */
export async function removeStaleSocket(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.isSocket() !== true || (await isListening(path))) return;
  await unlink(path);
}

function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    // Only a refusal says that nobody is there; whatever else is wrong, the file is not ours to remove.
    socket.once("error", (error: Error & { code?: string }) => resolve(error.code !== "ECONNREFUSED"));
  });
}
