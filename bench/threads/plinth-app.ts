import { createHash } from "node:crypto";
import { defineApp } from "../../src/app/mod.ts";
import { route, routes } from "../../src/http/mod.ts";

/** About a millisecond of work that no other thread can do for it. */
const ROUNDS = 900;

function work(name: string): string {
  let digest = name;
  for (let round = 0; round < ROUNDS; round++) digest = createHash("sha256").update(digest).digest("hex");
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
