import { HOST } from "../harness/environment.ts";
import { type Call, formatRequest } from "../harness/traffic.ts";
import { createPayload } from "./settings.ts";

/** One body of so many kilobytes, which comes back as it went. */
export function createTraffic(port: number, variant: string): readonly Call[] {
  const payload = createPayload(Number.parseInt(variant, 10));
  const headers = { host: `${HOST}:${port}`, "content-type": "application/json", "user-agent": "plinth-bench" };
  return [{ bytes: formatRequest("POST /orders", headers, JSON.stringify(payload)), expected: payload }];
}
