import { type Route, route } from "../../src/http/mod.ts";
import { greet, listPaths, ROUTES } from "./settings.ts";

export function helloRoutes(): readonly Route[] {
  return listPaths(ROUTES).map((path) =>
    route.get(path, { auth: "public" }, ({ params }) => greet((params as { readonly name?: string }).name)),
  );
}
