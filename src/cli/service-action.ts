import { callAdmin } from "./admin-client.ts";
import type { AdminOptions } from "./options.ts";

/** What a service of the running program is to do. */
export interface ServiceCall {
  /** The service's name. */
  readonly service: string;
  readonly action: string;
  /** Members that are undefined are not sent. */
  readonly input?: object;
}

/**
 * Has a service of the running program do what it lets operators do.
 *
 * @throws what {@link callAdmin} throws
 */
export function callService<Answer>(options: AdminOptions, { service, action, input = {} }: ServiceCall): Promise<Answer> {
  return callAdmin<Answer>(options, { method: "POST", path: "/-/services", input: { service, action, input } });
}
