import { createHash } from "node:crypto";
import { defineApp } from "../../src/app/mod.ts";
import { type Priority, route, routes } from "../../src/http/mod.ts";

/** One to two milliseconds of work on the event loop. */
const ROUNDS = 1_200;

function work(): string {
  let digest = "";
  for (let round = 0; round < ROUNDS; round++) digest = createHash("sha256").update(digest).digest("hex");
  return digest;
}

const withPriority = (priority: Priority) =>
  route.get(`/work/${priority}`, { auth: "public", priority }, () => ({ digest: work() }));

export default defineApp({
  name: "overload",
  routes: [() => routes(withPriority("low"), withPriority("normal"), withPriority("high"))],
});
