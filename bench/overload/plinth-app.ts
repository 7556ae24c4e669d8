import { hash } from "node:crypto";
import { defineApp } from "../../src/app/mod.ts";
import { type Priority, route, routes } from "../../src/http/mod.ts";

/** Two milliseconds of work on the event loop, which leaves no garbage to collect. */
const ROUNDS = 6_000;

function work(): string {
  let digest = "";
  for (let round = 0; round < ROUNDS; round++) digest = hash("sha256", digest);
  return digest;
}

const withPriority = (priority: Priority) =>
  route.get(`/work/${priority}`, { auth: "public", priority }, () => ({ digest: work() }));

export default defineApp({
  name: "overload",
  routes: [() => routes(withPriority("low"), withPriority("normal"), withPriority("high"))],
});
