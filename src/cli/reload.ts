import type { ConfigStatus, ReloadReport } from "../app/mod.ts";
import { callAdmin } from "./admin-client.ts";
import type { AdminOptions } from "./options.ts";
import { formatTable } from "./table.ts";

interface Outcome {
  readonly ok: boolean;
  readonly text: string;
}

export interface ReloadOptions extends AdminOptions {
  readonly json?: boolean;
}

/** `plinth config reload`: has the running program load its configuration again; not ok when it was refused. */
export async function reloadConfig(options: ReloadOptions): Promise<Outcome> {
  const report = await callAdmin<ReloadReport>(options, { method: "POST", path: "/-/config/reload" });
  const ok = report.outcome !== "refused";
  if (options.json === true) return { ok, text: `${JSON.stringify(report, null, 2)}\n` };
  const { outcome, changed, faults, pending } = report;
  const said = {
    changed: `reloaded: ${changed.join(", ")}\n`,
    unchanged: "nothing that can change at run time has changed\n",
    refused: `refused, everything stays as it was:\n${faults.map((fault) => `  ${fault}\n`).join("")}`,
  };
  return { ok, text: said[outcome] + describePending(pending) };
}

/** `plinth config status`: what of the configuration waits for a restart, and how the last reload went. */
export async function configStatus(options: ReloadOptions): Promise<string> {
  const status = await callAdmin<ConfigStatus>(options, { method: "GET", path: "/-/config" });
  if (options.json === true) return `${JSON.stringify(status, null, 2)}\n`;
  const { pending, last } = status;
  const reload =
    last === undefined ? "not reloaded since the start\n" : `last reload ${last.at} (${last.reason}): ${last.outcome}\n`;
  const faults = (last?.faults ?? []).map((fault) => `  ${fault}\n`).join("");
  return reload + faults + (pending.length === 0 ? "nothing waits for a restart\n" : describePending(pending));
}

function describePending(pending: ConfigStatus["pending"]): string {
  if (pending.length === 0) return "";
  const rows = pending.map(({ key, now, wanted, source }) => [key, now, wanted, source]);
  return `\nneeds a restart:\n${formatTable(["KEY", "NOW", "WANTED", "SOURCE"], rows)}`;
}
