import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** The server has one core to itself, the load the other, where the system lets us choose. */
export const SERVER_CORE = 0;
export const LOAD_CORE = 1;

export const canPin: boolean = availableParallelism() > 1 && spawnSync("taskset", ["-c", "0,1", "true"]).status === 0;

/** The command that runs this Node with these arguments on one core, or on any. */
export function onCore(core: number | "any", nodeArguments: readonly string[]): [command: string, commandArguments: string[]] {
  return canPin && core !== "any"
    ? ["taskset", ["-c", String(core), process.execPath, ...nodeArguments]]
    : [process.execPath, [...nodeArguments]];
}
