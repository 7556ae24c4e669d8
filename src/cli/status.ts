import type { ProgramStatus } from "../app/mod.ts";
import { formatDuration } from "../core/mod.ts";
import { callAdmin } from "./admin-client.ts";
import type { AdminOptions } from "./options.ts";

/** `plinth status`: what the running program says of itself, and whether it is ready. */
export async function status(
  options: AdminOptions & { readonly json?: boolean },
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const found = await callAdmin<ProgramStatus>(options, { method: "GET", path: "/-/status" });
  const ok = found.readiness.ready;
  if (options.json === true) return { ok, text: `${JSON.stringify(found, null, 2)}\n` };
  const { name, version, environment, pid, node, uptimeSeconds, readiness, maintenance } = found;
  const failures = Object.entries(readiness.failures).flatMap(([thread, reasons]) =>
    reasons.map((reason) => `  ${thread}: ${reason}\n`),
  );
  const uptime = formatDuration(uptimeSeconds * 1_000);
  const text = `${name} ${version} (${environment}) is ${readiness.state}${maintenance ? ", under maintenance" : ""}, up ${uptime}, process ${pid}, Node ${node}\n${failures.join("")}`;
  return { ok, text };
}
