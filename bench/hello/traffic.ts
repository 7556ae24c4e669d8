import { HOST } from "../harness/environment.ts";
import { type Call, formatRequest } from "../harness/traffic.ts";
import { greet, listPaths } from "./settings.ts";

const CALLS = 64;

/** Requests to routes all over the table. */
export function createTraffic(port: number, variant: string): readonly Call[] {
  const paths = listPaths(Number(variant || 1));
  return Array.from({ length: CALLS }, (_, index) => {
    const template = paths[Math.floor((index * paths.length) / CALLS)] as string;
    const name = `name-${index}`;
    const bytes = formatRequest(`GET ${template.replace(":name", name)}`, {
      host: `${HOST}:${port}`,
      accept: "application/json",
      "user-agent": "plinth-bench",
    });
    return { bytes, expected: greet(template.includes(":name") ? name : undefined) };
  });
}
