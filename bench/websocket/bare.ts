import { createServer } from "node:http";
import { announceReady, HOST, PORT } from "../harness/environment.ts";
import { acceptSockets } from "./accept.ts";

const server = createServer();
acceptSockets(server);
server.listen(PORT, HOST, announceReady);
