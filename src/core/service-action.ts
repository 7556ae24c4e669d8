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
