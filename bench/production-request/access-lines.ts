import { createReadStream } from "node:fs";
import { waitFor } from "../harness/server-process.ts";

/** Lines about requests of the benchmark's route: frameworks log other things, the mapping of that route among them. */
export function isAccessLine(line: string): boolean {
  return line.includes("/orders/") && line.includes('"POST"');
}

/** Access-log lines of the benchmark's route, once there are `expected` of them or five seconds have passed. */
export async function countAccessLines(file: string, expected: number): Promise<number> {
  let lines = 0;
  await waitFor(5_000, 100, async () => (lines = await countNow(file)) >= expected).catch(() => undefined);
  return lines;
}

async function countNow(file: string): Promise<number> {
  let lines = 0;
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "latin1", highWaterMark: 1 << 20 })) {
    const pieces = (rest + (chunk as string)).split("\n");
    rest = pieces.pop() ?? "";
    for (const piece of pieces) if (isAccessLine(piece)) lines++;
  }
  return lines;
}
