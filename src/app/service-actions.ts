import { type ActionInput, type Service, actionsOf } from "../core/mod.ts";
import { errors } from "./errors.ts";

/** What an operator has a service do. */
export interface ServiceOrder {
  /** The service's name. */
  readonly service: string;
  readonly action: string;
  readonly input: ActionInput;
}

/**
 * Carries an order out.
 *
 * @param services those that run in this thread
 * @returns what the operator is told
 * @throws E_APP_SERVICE_UNKNOWN, E_APP_ACTION_UNKNOWN, and what the service throws
 */
export async function runServiceOrder(
  services: readonly Service[],
  { service: name, action, input }: ServiceOrder,
): Promise<object> {
  const acting = services.filter((service) => Object.keys(actionsOf(service)).length > 0);
  const service = acting.find((candidate) => candidate.name === name);
  if (service === undefined) throw errors.SERVICE_UNKNOWN({ service: name, known: acting.map((one) => one.name) });
  const actions = actionsOf(service);
  if (!Object.hasOwn(actions, action)) throw errors.ACTION_UNKNOWN({ service: name, action, known: Object.keys(actions) });
  return (actions[action] as (typeof actions)[string]).run(input);
}
