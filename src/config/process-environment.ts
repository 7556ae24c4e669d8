import type { Variables } from "./contract.ts";

/** The environment variables of this process: the only place in Plinth that looks at them. */
export function processEnvironment(): Variables {
  return process.env;
}
