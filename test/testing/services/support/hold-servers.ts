/** Starts servers, halts them, says which processes and folders they have, and waits to be ended. */
import { readFileSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";
import { startOwnServer } from "#src/testing/services/own-server";

const servers = [await startOwnServer("postgres"), await startOwnServer("redis")];
const pids = servers.flatMap(({ pid }) => [
  pid,
  ...readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number),
]);
// Both run in the folder of their data.
const folders = servers.map(({ pid }) => dirname(readlinkSync(`/proc/${pid}/cwd`)));
for (const server of servers) server.pause();
process.stdin.once("data", () => process.exit(0));
console.log(JSON.stringify({ pids, folders }));
