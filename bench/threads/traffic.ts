import { HOST } from "../harness/environment.ts";
import { type Call, formatRequest } from "../harness/traffic.ts";

export function createTraffic(port: number): readonly Call[] {
  return Array.from({ length: 64 }, (_, index) => ({
    bytes: formatRequest(`GET /work/name-${index}`, { host: `${HOST}:${port}`, "user-agent": "plinth-bench" }),
    expected: { hello: `name-${index}` },
  }));
}
