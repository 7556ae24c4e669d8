import { defineApp } from "../../src/app/mod.ts";
import { route, routes } from "../../src/http/mod.ts";

/** About three milliseconds of work that no other thread can do for it. Plain arithmetic: hashes of `node:crypto` share a lock among threads. */
const ROUNDS = 900_000;

function work(name: string): number {
  let sum = name.length;
  for (let round = 0; round < ROUNDS; round++) sum = Math.imul(sum ^ (round & 255), 16_777_619);
  return sum;
}

export default defineApp({
  name: "threads",
  routes: [
    () =>
      routes(
        route.get("/work/:name", { auth: "public" }, ({ params }) => ({ hello: work(params.name) === 0 ? "" : params.name })),
      ),
  ],
});
