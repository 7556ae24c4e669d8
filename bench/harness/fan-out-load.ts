// Opens connections that listen, and counts the messages that come. Arguments as those of load.ts: port, connections, milliseconds of warm-up
// and of measuring, URL of the module with the request.
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { HOST } from "./environment.ts";
import { type FanOutTraffic, MARK } from "./fan-out.ts";
import type { LoadReport } from "./load.ts";

const [port = 0, connections = 0, warmUp = 0, measured = 0] = process.argv.slice(2, 6).map(Number);
const { request } = (await import(process.argv[6] as string)) as FanOutTraffic;
const mark = MARK.charCodeAt(0);
let messages = 0;
let over = false;

const report = (message: LoadReport): void => void process.send?.(message);

/** Ends the run: a server that lets a listener go has failed. */
function fail(reason: string): void {
  if (over) return;
  report({ state: "failed", reason });
  process.exit(1);
}

async function listen(): Promise<void> {
  const socket = connect({ host: HOST, port, noDelay: true });
  await once(socket, "connect");
  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => fail("a listener was disconnected"));
  socket.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + 1)) messages++;
  });
  socket.write(request);
}

for (let count = 0; count < connections; count++) await listen();
await wait(warmUp);
if (messages === 0) fail("no message came");
const before = { messages, usage: process.cpuUsage(), at: performance.now() };
report({ state: "measuring" });
await wait(measured);
const seconds = (performance.now() - before.at) / 1_000;
const { user, system } = process.cpuUsage(before.usage);
report({ state: "measured", requests: messages - before.messages, seconds, busy: (user + system) / 1e6 / seconds });
over = true;
report({ state: "finished", total: messages });
process.disconnect?.();
process.exit(0);
