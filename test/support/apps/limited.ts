import { defineApp } from "plinth/app";
import { route, routes } from "plinth/http";
import { createLimits, rate } from "plinth/ratelimit";

const few = rate("5/1h", { by: "address", name: "few" });

/** An app whose routes are limited, and whose operators may change that. */
export default defineApp({
  name: "limited",
  services: ({ log, runtime }) => ({ limits: createLimits({ memory: runtime.memory, log }) }),
  limits: ({ limits }) => limits,
  routes: [() => routes(route.get("/few", { auth: "public", limit: few }, () => "served"))],
});
