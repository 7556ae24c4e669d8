import { defineApp } from "../../src/app/mod.ts";
import { bearer } from "../../src/auth/mod.ts";
import { route, routes } from "../../src/http/mod.ts";
import { rate } from "../../src/ratelimit/mod.ts";
import * as z from "zod";
import { ORIGIN, SECRET_KEY } from "./settings.ts";

const Order = z.object({ sku: z.string().min(1), qty: z.int().min(1) });
const PlacedOrder = z.object({ id: z.string(), sku: z.string(), qty: z.int(), user: z.string() });

export default defineApp({
  name: "production-request",
  defaults: { cors: { origins: [ORIGIN] }, limit: rate("1000000/1m", { by: "address" }) },
  services: () => ({ signedIn: bearer({ keys: { algorithm: "HS256", secret: SECRET_KEY } }) }),
  routes: [
    ({ signedIn }) =>
      routes(
        route.post("/orders/:id", { auth: signedIn, body: Order, reply: PlacedOrder }, ({ params, body, principal }) => ({
          id: params.id,
          sku: body.sku,
          qty: body.qty,
          user: principal.id,
        })),
      ),
  ],
});
