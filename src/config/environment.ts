import type { Fault } from "../core/mod.ts";
import type { Environment, Variables } from "./contract.ts";

export interface DecidedEnvironment {
  readonly environment: Environment;
  readonly source: string;
}

const ENVIRONMENTS: readonly string[] = ["development", "test", "production"] satisfies Environment[];

/** Which environment this is: `APP_ENV`, else `NODE_ENV`, else development. Anything unknown is a fault, never a guess. */
export function decideEnvironment(variables: Variables, asked: Environment | undefined): DecidedEnvironment | Fault {
  if (asked !== undefined) return { environment: asked, source: "caller" };
  for (const name of ["APP_ENV", "NODE_ENV"]) {
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined;
    if (value === undefined) continue;
    const source = `environment ${name}`;
    if (isEnvironment(value)) return { environment: value, source };
    return { in: source, pointer: "/environment", detail: `expected one of ${ENVIRONMENTS.join(", ")}` };
  }
  return { environment: "development", source: "default" };
}

function isEnvironment(value: string): value is Environment {
  return ENVIRONMENTS.includes(value);
}
