import { describeRoutes, loadApp, loadSettings } from "../app/mod.ts";
import { type SharedOptions, toProgramOptions } from "./options.ts";
import { formatTable } from "./table.ts";

/** `plinth routes`: every route with its policies, as compiled. */
export async function listRoutes(options: SharedOptions & { readonly json?: boolean }): Promise<string> {
  const programOptions = toProgramOptions(options);
  const app = await loadApp(programOptions.appUrl);
  const plans = await describeRoutes(app, await loadSettings(app, programOptions));
  if (options.json === true) return `${JSON.stringify(plans, null, 2)}\n`;
  const rows = plans.map((plan) => [
    plan.method,
    plan.host + plan.path,
    plan.version || "-",
    plan.auth,
    plan.limits.join(", ") || "-",
    plan.replay || "-",
    plan.deadline === "0s" ? "none" : plan.deadline,
    plan.bodyLimit || "-",
    plan.cors || "-",
    [plan.deprecated, plan.summary].filter((text) => text !== "").join(": "),
  ]);
  return formatTable(["METHOD", "PATH", "VERSION", "AUTH", "LIMITS", "REPLAY", "DEADLINE", "BODY", "CORS", "SUMMARY"], rows);
}
