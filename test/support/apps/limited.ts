import { defineApp } from "plinth/app";
import { route, routes } from "plinth/http";
import { createLimits, rate } from "plinth/ratelimit";

const few = rate("5/1h", { by: "address", name: "few" });

/** An app whose routes are limited, and whose operators may change that. */
export default defineApp({
  name: "limited",
  services: ({ log, runtime }) => ({ runtime, limits: createLimits({ memory: runtime.memory, log }) }),
  limits: ({ limits }) => limits,
  routes: [
    ({ runtime }) =>
      routes(
        route.get("/few", { auth: "public", limit: few }, () => "served"),
        route.get("/thread", { auth: "public" }, () => ({ thread: runtime.thread })),
      ),
  ],
});
