import type { BaseTree } from "../config/mod.ts";
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
export function defineApp<Tree = BaseTree, Services extends object = object>(
  definition: AppDefinition<Tree, Services>,
): AppDefinition<Tree, Services> {
  return Object.freeze({ ...definition });
}

/** Whether a value is what `defineApp` returns. */
export function isAppDefinition(value: unknown): value is AppDefinition {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { name?: unknown }).name === "string" &&
    Object.isFrozen(value)
  );
}
