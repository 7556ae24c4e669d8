import { type Duration, isDuration, parseDuration } from "./duration.ts";
import { errors } from "./errors.ts";

/** What an operator sent, as it was sent. */
export type ActionInput = Readonly<Record<string, unknown>>;

/**
 * Something that operators may do to a service through the admin port, or ask it. A service brings its own as a property `actions`, by name; the
 * app's admin server guards them, writes them to the log and runs them in one thread of the process.
 */
export interface ServiceAction {
  /** One sentence. */
  readonly summary: string;
  /**
   * @param input as it was sent: check it. An error with a status below 500 is told to the operator
   * @returns what the operator is told, as JSON
   */
  run(input: ActionInput): object | Promise<object>;
}

/** Actions by name. */
export type ServiceActions = Readonly<Record<string, ServiceAction>>;

/** The actions that a service brings; none when it brings none. */
export function actionsOf(service: object): ServiceActions {
  const { actions } = service as { readonly actions?: unknown };
  return typeof actions === "object" && actions !== null ? (actions as ServiceActions) : {};
}

/** @throws E_CORE_INPUT_INVALID where it is missing, empty, or no text */
export function requiredText(input: ActionInput, name: string): string {
  const value = optionalText(input, name);
  if (value === undefined) throw errors.INPUT_INVALID({ name });
  return value;
}

/** @throws E_CORE_INPUT_INVALID where it is empty or no text */
export function optionalText(input: ActionInput, name: string): string | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value !== "string" || value === "") throw errors.INPUT_INVALID({ name });
  return value;
}

/** Milliseconds of a hundred years: what lies farther ahead can be no date. */
const LONGEST = 36_525 * 86_400_000;

/** @throws E_CORE_INPUT_INVALID where it is no duration, none at all, or longer than a hundred years */
export function optionalDuration(input: ActionInput, name: string): Duration | undefined {
  const text = optionalText(input, name);
  if (text === undefined) return undefined;
  if (isDuration(text) && parseDuration(text) > 0 && parseDuration(text) <= LONGEST) return text;
  throw errors.INPUT_INVALID({
    name,
    reason: 'must be a duration such as "30s", "2h" or "7d", above 0 and below a hundred years',
  });
}

/** @throws E_CORE_INPUT_INVALID where it is no whole number from 1, as a text */
export function optionalCount(input: ActionInput, name: string): number | undefined {
  const text = optionalText(input, name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw errors.INPUT_INVALID({ name, reason: "must be a whole number from 1" });
}
