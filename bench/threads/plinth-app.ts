import { hash } from "node:crypto";
import { defineApp } from "../../src/app/mod.ts";
import { route, routes } from "../../src/http/mod.ts";

/** About three milliseconds of work that no other thread can do for it, and little garbage. */
const ROUNDS = 5_000;

function work(name: string): string {
  let digest = name;
  for (let round = 0; round < ROUNDS; round++) digest = hash("sha256", digest);
  return digest;
}

export default defineApp({
  name: "threads",
  routes: [
    () =>
      routes(
        route.get("/work/:name", { auth: "public" }, ({ params }) => ({ hello: work(params.name) === "" ? "" : params.name })),
      ),
  ],
});
