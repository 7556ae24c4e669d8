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
  run(input: Readonly<Record<string, unknown>>): object | Promise<object>;
}

/** Actions by name. */
export type ServiceActions = Readonly<Record<string, ServiceAction>>;

/** The actions that a service brings; none when it brings none. */
export function actionsOf(service: object): ServiceActions {
  const { actions } = service as { readonly actions?: unknown };
  return typeof actions === "object" && actions !== null ? (actions as ServiceActions) : {};
}
