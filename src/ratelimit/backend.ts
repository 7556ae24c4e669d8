import type { RuleResources } from "../http/contract.ts";
import type { AccessList } from "./access-list.ts";
import type { LimitStore } from "./contract.ts";
import { errors } from "./errors.ts";
import type { OffenderTable } from "./offender-table.ts";
import type { CountedRule } from "./rule.ts";
import { openSharedStore } from "./shared-store.ts";

/** What rules count with. */
export interface Backend {
  readonly store: LimitStore;
  /** Who is let through or blocked whatever they have used; null without such a list. */
  readonly access: AccessList | null;
  /** Who is refused most; null where nobody keeps count. */
  readonly offenders: OffenderTable | null;
  /** Told of every rule that is opened. */
  readonly opened: (rule: CountedRule) => void;
}

/** Backends by the value that the app hands to its request handler. */
const registered = new WeakMap<object, Backend>();

export function registerBackend(limits: object, backend: Backend): void {
  registered.set(limits, backend);
}

/** @throws E_RATELIMIT_LIMITS_INVALID */
export async function backendOf({ limits, memory, clock }: RuleResources): Promise<Backend> {
  if (limits === undefined)
    return { store: await openSharedStore({ memory, clock }), access: null, offenders: null, opened: () => undefined };
  const backend = typeof limits === "object" && limits !== null ? registered.get(limits) : undefined;
  if (backend === undefined) throw errors.LIMITS_INVALID({});
  return backend;
}
