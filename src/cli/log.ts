import type { LogStatus, Warned } from "../app/mod.ts";
import { formatDuration } from "../core/mod.ts";
import { callAdmin } from "./admin-client.ts";
import type { AdminOptions } from "./options.ts";
import { formatTable } from "./table.ts";

export interface LogOptions extends AdminOptions {
  readonly json?: boolean;
}

export interface LogTimeOptions extends LogOptions {
  /** How long it holds; the program's default is 10 minutes. */
  readonly for?: string;
}

export interface LogScopeOptions extends LogTimeOptions {
  readonly route?: string;
  readonly principal?: string;
  readonly requestId?: string;
  readonly address?: string;
  readonly trace?: boolean;
}

/** `plinth log show`: what the running program logs, and until when. */
export async function showLog(options: LogOptions): Promise<string> {
  return format(await callAdmin<LogStatus & Warned>(options, { method: "GET", path: "/-/log" }), options);
}

/** `plinth log level <level>`: another level for all threads, for a time. */
export async function setLogLevel(level: string, options: LogTimeOptions): Promise<string> {
  const input = { level, for: options.for };
  return format(await callAdmin<LogStatus & Warned>(options, { method: "PUT", path: "/-/log/level", input }), options);
}

/** `plinth log debug`: some requests in detail, for a time. */
export async function debugRequests(options: LogScopeOptions): Promise<string> {
  const { route, principal, requestId, address, trace } = options;
  const input = { route, principal, requestId, address, level: trace === true ? "trace" : "debug", for: options.for };
  return format(await callAdmin<LogStatus & Warned>(options, { method: "POST", path: "/-/log/scopes", input }), options);
}

/** `plinth log reset`: back to what is configured. */
export async function resetLog(options: LogOptions): Promise<string> {
  return format(await callAdmin<LogStatus & Warned>(options, { method: "DELETE", path: "/-/log" }), options);
}

function format(status: LogStatus & Warned, { json }: LogOptions): string {
  if (json === true) return `${JSON.stringify(status, null, 2)}\n`;
  const { level, configured, secondsLeft, scopes, warnings = [] } = status;
  const first =
    warnings.map((warning) => `warning: ${warning}\n`).join("") +
    (secondsLeft === undefined
      ? `level ${level}, as configured\n`
      : `level ${level} for ${formatDuration(secondsLeft * 1_000)} more, then ${configured}\n`);
  if (scopes.length === 0) return first;
  const rows = scopes.map((scope) => [
    scope.level,
    scope.route ?? "any",
    scope.principal ?? "any",
    scope.requestId ?? "any",
    scope.address ?? "any",
    formatDuration(scope.secondsLeft * 1_000),
  ]);
  return `${first}\n${formatTable(["SCOPE", "ROUTE", "PRINCIPAL", "REQUEST", "ADDRESS", "LEFT"], rows)}`;
}
