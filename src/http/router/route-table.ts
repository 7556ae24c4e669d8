import type { Route } from "../contract.ts";
import { HostRouter } from "./host-router.ts";
import { type RouteTable, Router } from "./router.ts";

/** Routes with what each leads to. An app that names no host has no look at hosts in its way. */
export function createRouteTable<Target extends object>(entries: readonly (readonly [Route, Target])[]): RouteTable<Target> {
  if (entries.every(([{ host }]) => host === undefined)) {
    const router = new Router<Target>();
    for (const [{ method, path }, target] of entries) router.add(method, path, target);
    return router;
  }
  const router = new HostRouter<Target>();
  for (const [{ host, method, path }, target] of entries) router.add(host, method, path, target);
  return router;
}
