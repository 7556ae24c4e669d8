import { once } from "node:events";
import { createServer } from "node:net";
import { randomInt } from "node:crypto";

// Below the ports that systems give to outgoing connections: one of those could take it while a server restarts.
const FIRST = 15_000;
const LAST = 32_000;

/** A port of 127.0.0.1 on which nobody listens. */
export async function findSparePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST, LAST);
    const server = createServer().listen({ port, host: "127.0.0.1", exclusive: true });
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
