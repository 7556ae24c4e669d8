import { type ConfigOf, defineConfig, setting } from "#src/config/mod";
import { defineApp } from "#src/app/mod";
import { bodyStream, reply, route, routes } from "#src/http/mod";
import { rate } from "#src/ratelimit/mod";
import type { ServiceTools } from "#src/app/mod";
import * as z from "zod";

// An app as users write them, for tests of the app in process.

export const ShopConfig = defineConfig({
  greeting: setting.text({ default: "hello" }),
  uploads: { maxSize: setting.size({ default: "1mb" }) },
  apiToken: setting.secret({ optional: true }),
});

/** Where orders are kept. */
export class Orders {
  readonly name = "orders";
  readonly events: string[] = [];
  readonly #orders = new Map<string, { id: string; sku: string; quantity: number; at: Date }>();

  start(): void {
    this.events.push("started");
  }

  stop(): void {
    this.events.push("stopped");
  }

  add(order: { sku: string; quantity: number }, at: Date): { id: string; sku: string; quantity: number; at: Date } {
    const saved = { id: String(this.#orders.size + 1), ...order, at };
    this.#orders.set(saved.id, saved);
    return saved;
  }

  find(id: string): { id: string; sku: string; quantity: number; at: Date } | undefined {
    return this.#orders.get(id);
  }
}

interface Services {
  readonly orders: Orders;
  readonly tools: ServiceTools<ConfigOf<typeof ShopConfig>>;
}

const Order = z.object({ id: z.string(), sku: z.string(), quantity: z.int(), at: z.date() });
const Missing = z.object({ missing: z.string() });

export const orders = ({ orders, tools }: Services) =>
  routes(
    route.post(
      "/orders",
      {
        auth: "public",
        body: z.object({ sku: z.string(), quantity: z.coerce.number<string | number>() }),
        reply: { 201: Order },
      },
      ({ body }) => reply.created(orders.add(body, new Date(tools.runtime.clock.now()))),
    ),
    route.get("/orders/:id", { auth: "public", reply: { 200: Order, 404: Missing } }, ({ params }) => {
      return orders.find(params.id) ?? reply.json(404, { missing: params.id });
    }),
    route.get(
      "/orders",
      {
        auth: "public",
        query: z.object({ limit: z.coerce.number<number>().default(10), tag: z.array(z.string()).or(z.string()).optional() }),
        reply: z.object({ limit: z.number() }),
      },
      ({ query }) => ({ limit: query.limit }),
    ),
  );

export const extras = ({ tools }: Services) =>
  routes(
    route.get("/greeting", { auth: "public" }, ({ log }) => {
      log.info({ token: tools.config.apiToken }, "greeted");
      return reply.text(`${tools.config.greeting} ${tools.config.uploads.maxSize}`);
    }),
    route.get("/limited", { auth: "public", limit: rate("2/1m", { by: "address" }) }, () => reply.empty()),
    route.put("/files/*", { auth: "public", body: bodyStream() }, async ({ params, body }) => {
      let bytes = 0;
      for await (const chunk of body) bytes += chunk.byteLength;
      return { path: params["*"], bytes };
    }),
    route.get("/broken", { auth: "public" }, () => {
      throw new Error("nobody foresaw this");
    }),
    route.get("/secured", { auth: "public", headers: z.object({ "x-shop-key": z.string() }) }, ({ headers }) => ({
      key: headers["x-shop-key"],
    })),
    route.get("/slow", { auth: "public", deadline: "5s" }, ({ signal }) => {
      return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
    }),
  );

export default defineApp({
  name: "shop",
  config: ShopConfig,
  services: (tools) => ({ orders: new Orders(), tools }),
  routes: [orders, extras],
});
