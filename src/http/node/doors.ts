import { type Server, type Socket, createServer } from "node:net";
import { type ListenOptions, listenOn } from "./listen.ts";

/**
 * How many sockets a server listens with, where several may. A turn of the event loop takes one new connection from each (libuv 1.45 and
 * later), so while turns take 50 ms a single one lets in 20 a second, and everybody else waits outside without an answer (200
 * connections took 199 turns, Node 26.10, November 2026). With 64 it is 1,280: enough for a crowd that comes at once to be in before it gives
 * up, because what has been given up is let in all the same. They cost 1 ms of a start, and less than 1 MB.
 */
const DOORS = 64;

/** More sockets that listen on a server's port. What comes through them is the server's, as if it had come through its own. */
export class Doors {
  readonly #servers: readonly Server[];

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
  }

  /** @param options as the server itself listens, with the port that it was given */
  static async open(server: Server, options: ListenOptions): Promise<Doors> {
    const hand = (socket: Socket): void => void server.emit("connection", socket);
    const servers = Array.from({ length: DOORS - 1 }, () => createServer({ noDelay: true }, hand));
    await Promise.all(servers.map((door) => listenOn(door, options)));
    return new Doors(servers);
  }

  /** Lets nobody in any more; resolves when those who came are gone. */
  async close(): Promise<void> {
    await Promise.all(this.#servers.map((door) => new Promise((resolve) => door.close(resolve))));
  }
}
