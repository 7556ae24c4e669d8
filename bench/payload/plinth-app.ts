import * as z from "zod";
import { defineApp } from "../../src/app/mod.ts";
import { route, routes } from "../../src/http/mod.ts";
import { BODY_LIMIT } from "./settings.ts";

export default defineApp({
  name: "payload",
  routes: [
    () => routes(route.post("/orders", { auth: "public", body: z.unknown(), bodyLimit: `${BODY_LIMIT}b` }, ({ body }) => body)),
  ],
});
