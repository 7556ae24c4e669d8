import { formatDuration } from "../core/mod.ts";
import type { AccessEntry, LimitState, Offender } from "../ratelimit/mod.ts";
import type { AdminOptions } from "./options.ts";
import { callService } from "./service-action.ts";
import { formatTable } from "./table.ts";

export interface LimitVerbOptions extends AdminOptions {
  readonly json?: boolean;
  /** The name of the app's limits. */
  readonly service?: string;
}

export interface LimitKeyOptions extends LimitVerbOptions {
  readonly policy?: string;
  readonly route?: string;
}

export interface AccessOptions extends LimitVerbOptions {
  readonly for?: string;
  readonly reason?: string;
}

interface Shown {
  readonly key: string;
  /** Which entry blocks it or lets it through. */
  readonly access: AccessEntry | null;
  readonly states: readonly LimitState[];
  readonly degraded: boolean;
}

/** `plinth limits show <key>`. */
export async function showLimits(key: string, options: LimitKeyOptions): Promise<string> {
  const shown = await ask<Shown>(options, "show", { key, route: options.route });
  if (options.json === true) return asJson(shown);
  const { access, states, degraded } = shown;
  const notes = [
    access === null ? "" : describeAccess(access, shown.key),
    degraded ? "the store is away: this is what it would say, as far as is known\n\n" : "",
  ].join("");
  if (states.length === 0) return `${notes}no limits\n`;
  const rows = states.map(({ policy, allowed, remaining, resetSeconds }) => [
    policy,
    allowed ? "passes" : "refused",
    String(remaining),
    formatDuration(resetSeconds * 1_000),
  ]);
  return notes + formatTable(["LIMIT", "NEXT CALL", "LEFT", "WHOLE IN"], rows);
}

/** `plinth limits reset <key>`. */
export async function resetLimits(key: string, options: LimitKeyOptions): Promise<string> {
  const { policy, route } = options;
  const done = await ask<{ readonly policies: readonly string[] }>(options, "reset", { key, policy, route });
  if (options.json === true) return asJson(done);
  return done.policies.length === 0 ? "no limits\n" : `forgotten: ${done.policies.join(", ")}\n`;
}

/** `plinth limits ban|allow|unban <subject>`. */
export async function setAccess(action: "ban" | "allow" | "unban", subject: string, options: AccessOptions): Promise<string> {
  const { for: span, reason } = options;
  return formatAccess(await ask<Access>(options, action, { subject, for: span, reason }), options);
}

/** `plinth limits list`. */
export async function listAccess(options: LimitVerbOptions): Promise<string> {
  return formatAccess(await ask<Access>(options, "list", {}), options);
}

/** `plinth limits top`. */
export async function topOffenders(options: LimitVerbOptions & { readonly most?: string }): Promise<string> {
  const top = await ask<{ readonly offenders: readonly Offender[] }>(options, "top", { most: options.most });
  if (options.json === true) return asJson(top);
  if (top.offenders.length === 0) return "nobody was refused\n";
  const rows = top.offenders.map(({ policy, key, refusals, atLeast, last }) => [
    refusals === atLeast ? String(refusals) : `${atLeast} to ${refusals}`,
    policy,
    key,
    new Date(last).toISOString(),
  ]);
  return formatTable(["REFUSALS", "LIMIT", "KEY", "LAST"], rows);
}

interface Access {
  readonly entries: readonly AccessEntry[];
}

function ask<Answer>({ service = "limits", ...options }: LimitVerbOptions, action: string, input: object): Promise<Answer> {
  return callService<Answer>(options, { service, action, input });
}

function formatAccess(access: Access, { json }: LimitVerbOptions): string {
  if (json === true) return asJson(access);
  if (access.entries.length === 0) return "nobody is blocked or let through\n";
  const rows = access.entries.map(({ subject, verdict, until, reason }) => [verdict, subject, formatEnd(until), reason]);
  return formatTable(["VERDICT", "SUBJECT", "UNTIL", "REASON"], rows);
}

function describeAccess({ subject, verdict, until, reason }: AccessEntry, key: string): string {
  const what = verdict === "block" ? "blocked" : "let through";
  const span = until === null ? formatEnd(until) : `until ${formatEnd(until)}`;
  const whole = subject === key ? "" : `, as ${subject} is`;
  return `${what} ${span}${whole}${reason === "" ? "" : `: ${reason}`}\n\n`;
}

function formatEnd(until: AccessEntry["until"]): string {
  return until === null ? "for ever" : new Date(until).toISOString();
}

function asJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
