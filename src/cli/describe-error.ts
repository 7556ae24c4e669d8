import { type PlinthError, isPlinthError } from "../core/mod.ts";

/** What Plinth foresaw is said in a sentence and its faults; anything else with its stack, because it is a defect. */
export function describeError(thrown: unknown): string {
  if (!isPlinthError(thrown)) return thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const faults = (thrown.faults ?? []).map((fault) => `  ${fault.in} ${fault.pointer} ${fault.detail}`);
  const listed = faults.length > 0 && !thrown.message.includes("\n") ? `\n${faults.join("\n")}` : "";
  return `${thrown.code}: ${thrown.message}${listed}${reasonBehind(thrown)}${placeInApp(thrown)}`;
}

/** Messages for callers of a service keep to themselves what is behind them; whoever is at the terminal may know: an address that refused, say. */
function reasonBehind({ status, message, cause }: PlinthError): string {
  if (status === undefined || !(cause instanceof Error) || message.includes(cause.message)) return "";
  return ` (${cause.message})`;
}

/** A module that does not load is the user's own, and only its error's stack says where in it: without Node's part. */
function placeInApp({ code, cause }: PlinthError): string {
  if (code !== "E_APP_MODULE_FAILED" || !(cause instanceof Error)) return "";
  const lines = (cause.stack ?? "").split("\n").filter((line) => line !== "" && !/^ +at .*\bnode:/.test(line));
  return lines.map((line) => `\n  ${line}`).join("");
}
