/** Starts a server, halts it, says its process id, and waits to be ended. */
import type { ServiceName } from "#src/testing/services/contract";
import { startOwnServer } from "#src/testing/services/own-server";

const server = await startOwnServer(process.argv[2] as ServiceName);
server.pause();
process.stdin.once("data", () => process.exit(0));
console.log(server.pid);
