import type { ConfigSchema } from "./contract.ts";
import { suggest } from "../core/mod.ts";

// A key that looks otherwise may be a value in the wrong place (`{password:hunter2}` is one YAML key): it is not repeated.
const NAME = /^[A-Za-z_][\w-]{0,63}$/;

/** How to report a key that no setting has: what is safe to name of it, and what was meant. */
export function describeUnknown(
  schema: ConfigSchema,
  path: readonly string[],
): { readonly pointerPath: readonly string[]; readonly detail: string } {
  const bad = path.findIndex((segment) => !NAME.test(segment));
  if (bad !== -1) return { pointerPath: path.slice(0, bad), detail: "holds a key that is not a name" };
  const meant = suggest(path.join("."), namesOf(schema));
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return { pointerPath: path, detail: `no such setting${hint}` };
}

/** All settings and all groups. */
function namesOf(schema: ConfigSchema): ReadonlySet<string> {
  return new Set(schema.keys.flatMap(({ path }) => path.map((_, index) => path.slice(0, index + 1).join("."))));
}
