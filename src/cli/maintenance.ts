import type { MaintenanceStatus, Warned } from "../app/mod.ts";
import { formatDuration } from "../core/mod.ts";
import { callAdmin } from "./admin-client.ts";
import type { AdminOptions } from "./options.ts";

export interface MaintenanceOptions extends AdminOptions {
  readonly json?: boolean;
}

export interface MaintenanceOnOptions extends MaintenanceOptions {
  readonly message?: string;
  readonly retryAfter?: string;
  readonly allow?: readonly string[];
}

const PATH = "/-/maintenance";

/** `plinth maintenance on`: answers 503 on the public port, in all threads. */
export async function beginMaintenance(options: MaintenanceOnOptions): Promise<string> {
  const { message, retryAfter, allow } = options;
  const input = { message, retryAfter, allow };
  return format(await callAdmin<MaintenanceStatus & Warned>(options, { method: "PUT", path: PATH, input }), options);
}

/** `plinth maintenance off`. */
export async function endMaintenance(options: MaintenanceOptions): Promise<string> {
  return format(await callAdmin<MaintenanceStatus & Warned>(options, { method: "DELETE", path: PATH }), options);
}

/** `plinth maintenance status`. */
export async function maintenanceStatus(options: MaintenanceOptions): Promise<string> {
  return format(await callAdmin<MaintenanceStatus & Warned>(options, { method: "GET", path: PATH }), options);
}

function format(status: MaintenanceStatus & Warned, { json }: MaintenanceOptions): string {
  if (json === true) return `${JSON.stringify(status, null, 2)}\n`;
  const { on, since, message, retryAfterSeconds = 0, allow = [], bypass, warnings = [] } = status;
  if (!on) return "off: everything is served\n";
  return [
    ...warnings.map((warning) => `warning: ${warning}`),
    `on since ${since}: ${message}`,
    `callers are told to come back after ${formatDuration(retryAfterSeconds * 1_000)}`,
    `served all the same: ${allow.length === 0 ? "nothing" : allow.join(", ")}`,
    `to be served too, send the header or cookie Maintenance-Bypass: ${bypass}\n`,
  ].join("\n");
}
