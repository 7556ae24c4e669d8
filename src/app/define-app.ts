import type { BaseTree } from "../config/mod.ts";
import type { Route } from "../http/mod.ts";
import type { AppDefinition } from "./contract.ts";

/**
 * Declares an app. Nothing runs yet: `plinth start` runs it on all cores, a test runs it in process, from the same value.
 *
 * @example
 * export default defineApp({
 *   name: "shop",
 *   services: ({ log }) => ({ orders: createOrders(log) }),
 *   routes: [({ orders }) => routes(route.get("/orders/:id", { auth: "public" }, ({ params }) => orders.find(params.id)))],
 * });
 */
export function defineApp<
  Tree = BaseTree,
  // Before `services` has been looked at, its values may be anything: routes that name what they need must not be refused by then.
  // eslint-disable-next-line typescript/no-explicit-any -- see above
  Services extends object = any,
  const Made extends MadeRoutes = MadeRoutes,
>(definition: AppDefinition<Tree, Services, Made> & WithServices<Tree, Services>): AppDefinition<Tree, Services, Made>;
export function defineApp<Tree = BaseTree, const Made extends MadeRoutes = MadeRoutes>(
  definition: AppDefinition<Tree, object, Made> & { readonly services?: undefined },
): AppDefinition<Tree, object, Made>;
export function defineApp(definition: AppDefinition): AppDefinition {
  return Object.freeze({ ...definition });
}

type MadeRoutes = readonly (readonly Route[])[];
type WithServices<Tree, Services extends object> = Required<Pick<AppDefinition<Tree, Services>, "services">>;

/** Whether a value is what `defineApp` returns. */
export function isAppDefinition(value: unknown): value is AppDefinition {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { name?: unknown }).name === "string" &&
    Object.isFrozen(value)
  );
}
