import { defineApp } from "#src/app/mod";
import { defineConfig, setting } from "#src/config/mod";
import { createId } from "#src/core/mod";
import { type Database, createDatabase } from "#src/db/mod";
import { type AuthRule, bodyStream, errors, reply, route, routes } from "#src/http/mod";
import { commitAnswer, createIdempotencyStore, idempotent } from "#src/idempotency/mod";
import * as z from "zod";

// Orders that may be sent again, over a database that several processes share. What an order's item is called decides where its request hangs.

interface Tables {
  orders: { readonly id: string; readonly item: string };
}

const byHeader: AuthRule<{ readonly id: string }> = {
  scheme: "test",
  challenge: "Test",
  identify({ headers }) {
    const id = headers["x-user"];
    if (id === undefined) throw errors.FORBIDDEN({});
    return { id };
  },
};

const Order = z.object({ item: z.string() });
const hang = (): Promise<never> => new Promise(() => undefined);

const orders = ({ db, idempotency }: { readonly db: Database<Tables>; readonly idempotency: ReturnType<typeof idempotent> }) =>
  routes(
    route.post(
      "/orders",
      { auth: byHeader, body: Order, idempotency, deadline: "0s", priority: "critical" },
      async ({ body }) => {
        const id = createId();
        await db.transaction(async (tx) => {
          await tx.query.insertInto("orders").values({ id, item: body.item }).execute();
          if (body.item === "hangs after the commit") tx.afterCommit(hang);
        });
        if (body.item === "hangs before the commit") await hang();
        return reply.created({ id }, { location: `/orders/${id}` });
      },
    ),
    route.post(
      "/uploads",
      { auth: byHeader, body: bodyStream(), bodyLimit: "10mb", idempotency, deadline: "0s", priority: "critical" },
      async (c) => {
        let item = "";
        for await (const chunk of c.body) item = Buffer.from(chunk.subarray(0, 40)).toString();
        const answer = await commitAnswer(c, async () => {
          const id = createId();
          await db.query.insertInto("orders").values({ id, item }).execute();
          return reply.created({ id });
        });
        if (item.startsWith("hangs after")) await hang();
        return answer;
      },
    ),
  );

export default defineApp({
  name: "idempotent-orders",
  config: defineConfig({ orders: { url: setting.text({ default: "" }) } }),
  services: ({ config }) => {
    const db = createDatabase<Tables>({ url: config.orders.url, acquireTimeout: "10s" });
    const store = createIdempotencyStore({ db });
    return { db, store, idempotency: idempotent({ store, lease: "1s" }) };
  },
  routes: [orders],
});
