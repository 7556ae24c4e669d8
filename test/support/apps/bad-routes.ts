import { defineApp } from "#src/app/mod";
import { route, routes } from "#src/http/mod";

// Two routes that answer the same path.
export default defineApp({
  name: "bad-routes",
  routes: [
    () =>
      routes(
        route.get("/twice/:id", { auth: "public" }, () => 1),
        route.get("/twice/:other", { auth: "public" }, () => 2),
      ),
  ],
});
