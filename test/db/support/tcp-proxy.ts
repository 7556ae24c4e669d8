import { once } from "node:events";
import { type AddressInfo, type Socket, connect, createServer } from "node:net";

/** A network between a test and its server that can fail. */
export interface TcpProxy extends AsyncDisposable {
  /** The server's URL, by way of the proxy. */
  readonly url: string;
  /** Connections stay open, and nothing gets through any more, in either direction. New ones are taken and left alone too. */
  freeze(): void;
  /** Cuts the next connection on which this text is sent: after it has reached the server, before an answer is let back. */
  cutAfter(text: string): void;
}

export async function startProxy(target: string, defaultPort: number): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let frozen = false;
  let fatal: string | undefined;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket.on("error", () => socket.destroy()).on("close", () => sockets.delete(socket)));
    return socket;
  };
  const server = createServer((near) => {
    keep(near);
    const far = keep(connect(Number(port === "" ? defaultPort : port), hostname));
    let mute = false;
    near.on("data", (bytes) => {
      if (frozen) return;
      far.write(bytes);
      if (fatal === undefined || !bytes.includes(fatal)) return;
      fatal = undefined;
      mute = true;
      // Its answer shows that the server has done it.
      far.once("data", () => near.destroy());
    });
    far.on("data", (bytes) => !frozen && !mute && near.write(bytes));
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(target);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    freeze: () => void (frozen = true),
    cutAfter: (text) => void (fatal = text),
    async [Symbol.asyncDispose](): Promise<void> {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
