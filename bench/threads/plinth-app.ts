import { defineApp } from "../../src/app/mod.ts";
import { route, routes } from "../../src/http/mod.ts";
import { work } from "./work.ts";

export default defineApp({
  name: "threads",
  routes: [() => routes(route.get("/work/:name", { auth: "public" }, ({ params }) => work(params.name)))],
});
