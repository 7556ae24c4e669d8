import { defineApp } from "#src/app/mod";
import { type Principal, bearer, permit } from "#src/auth/mod";
import { type ErrorCatalogue, defineErrors } from "#src/core/mod";
import { type AuthRule, type Route, bodyStream, group, mount, multipart, reply, route, routes } from "#src/http/mod";
import { rate } from "#src/ratelimit/mod";
import * as z from "zod";

// An app that declares everything that a route can declare, for tests of its document.

interface Details {
  DISH_UNKNOWN: { id: number };
  DISH_TAKEN: { name: string };
}
const errors: ErrorCatalogue<Details> = defineErrors<Details>("kitchen", {
  DISH_UNKNOWN: { status: 404, title: "No such dish", message: (d) => `There is no dish ${d.id}.` },
  DISH_TAKEN: { status: 409, title: "Name taken", message: (d) => `There is a dish named ${d.name}.` },
});

const Level = z.enum(["mild", "hot"]);
const Dish = z
  .object({
    name: z.string().min(1).max(40),
    level: Level.default("mild"),
    price: z.number().min(0).max(1_000).multipleOf(0.5),
    tags: z.array(z.string().max(10)).max(4).optional(),
    allergens: z.record(z.string().max(8), z.boolean()).nullable(),
  })
  .meta({ id: "Dish", description: "Something to eat." });
const StoredDish = Dish.extend({ id: z.int().positive(), at: z.date() }).meta({ id: "StoredDish" });
const Menu: z.ZodType<Menu> = z
  .object({
    title: z.string().max(20),
    get parts() {
      return z.array(Menu).max(3);
    },
  })
  .meta({ id: "Menu" });
interface Menu {
  readonly title: string;
  readonly parts: readonly Menu[];
}
const Payment = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("card"), digits: z.string().regex(/^\d{4}$/) }),
  z.object({ kind: z.literal("cash"), coins: z.tuple([z.int(), z.int()]) }),
]);

const byKey: AuthRule<{ readonly id: string }> = {
  scheme: "kitchen key",
  challenge: "ApiKey",
  credentials: { securityScheme: { type: "apiKey", in: "header", name: "x-kitchen-key" } },
  identify: ({ headers }) => ({ id: headers["x-kitchen-key"] === "let-me-in" ? "cook" : undefined }) as { readonly id: string },
  permit: ({ id }) => id !== undefined,
};
/** The key that signs tokens for this app. */
export const TOKEN_SECRET = "kitchen-secret-kitchen-secret-kitchen-secret";
const dish = { name: "soup", level: "mild" as const, price: 4, allergens: null, id: 1, at: new Date(0) };

interface Services {
  readonly cook: AuthRule<Principal>;
}

const dishes = ({ cook }: Services): readonly Route[] =>
  group({ prefix: "/dishes", tags: ["dishes"], limit: rate("100000/1s", { by: "address", name: "kitchen-dishes" }) }, [
    route.get(
      "/",
      {
        auth: "public",
        name: "dishes.list",
        summary: "List dishes",
        description: "Those that *are* on the menu.",
        query: z.object({
          limit: z.coerce.number<string>().int().min(1).max(100).default(20),
          level: Level.optional(),
          tag: z.array(z.string().max(10)).max(3).optional(),
        }),
        headers: z.object({
          "x-table": z
            .string()
            .regex(/^[A-Z]\d{1,2}$/)
            .optional(),
        }),
        reply: z.object({ items: z.array(StoredDish), next: z.string().nullable() }),
      },
      () => ({ items: [dish], next: null }),
    ),
    route.post(
      "/",
      {
        auth: permit(cook, "dishes:write"),
        body: Dish,
        accepts: ["json"],
        bodyLimit: "16kb",
        reply: { 201: StoredDish, 202: z.object({ queued: z.literal(true) }) },
        answers: { 201: { description: "The dish as it is kept." } },
        errors: [errors.DISH_TAKEN],
      },
      ({ body }) => {
        if (body.name === "soup") throw errors.DISH_TAKEN({ name: body.name });
        if (body.level === "hot") return reply.json(202, { queued: true as const });
        return reply.created({ ...body, id: 2, at: new Date(0) });
      },
    ),
    route.get(
      "/:id(\\d{1,6})",
      {
        auth: "public",
        params: z.object({ id: z.coerce.number<string>().int().max(999_999) }),
        reply: { 200: StoredDish },
        errors: [errors.DISH_UNKNOWN],
      },
      ({ params }) => {
        if (params.id !== 1) throw errors.DISH_UNKNOWN({ id: params.id });
        return dish;
      },
    ),
    route.delete("/:dish(\\d{1,6})", { auth: byKey, answers: { 204: { description: "It is gone." } } }, () => reply.empty()),
    route.put(
      "/:id(\\d{1,6})/photo",
      { auth: byKey, body: bodyStream("image/png", "image/jpeg"), bodyLimit: "64kb", reply: z.object({ bytes: z.int().min(0) }) },
      async ({ body }) => {
        let bytes = 0;
        for await (const chunk of body) bytes += chunk.byteLength;
        return { bytes };
      },
    ),
  ]);

const rest = (): readonly Route[] =>
  routes(
    route.post("/menus", { auth: "public", csrf: "none", body: Menu, reply: Menu }, ({ body }) => body),
    route.post(
      "/payments",
      { auth: "public", body: Payment.optional(), deadline: "0s", reply: { 200: z.object({ paid: z.boolean() }) } },
      ({ body }) => ({ paid: body !== undefined }),
    ),
    route.post(
      "/login",
      {
        auth: "public",
        body: z.object({ user: z.email(), pin: z.string().regex(/^\d{4,8}$/) }),
        accepts: ["json", "form"],
        answers: { 303: { description: "On to the menu." } },
      },
      () => reply.redirect("/dishes"),
    ),
    route.post(
      "/photos",
      {
        auth: "public",
        body: multipart({
          fields: z.object({ note: z.string().regex(/^[a-z ]{0,20}$/) }),
          files: { photo: { types: ["*"], maxBytes: "4kb" }, more: { types: ["*"], maxCount: 3 } },
        }),
        bodyLimit: "32kb",
        reply: { 201: z.object({ note: z.string(), bytes: z.int() }) },
      },
      ({ body }) => reply.created({ note: body.fields.note, bytes: body.files.photo.size }),
    ),
    route.get("/page", { auth: "public", answers: { 200: { type: "text/html" } } }, () => reply.html("<p>hello</p>")),
    route.get("/assets/*", { auth: "public", answers: { 200: { type: "text/plain" } } }, ({ params }) => reply.text(params["*"])),
    route.get("/anything", { auth: "public" }, () => ({ whatever: true })),
  );

export default defineApp({
  name: "kitchen",
  version: "2.1.0",
  services: ({ runtime: { clock } }): Services => ({
    cook: bearer({ keys: { algorithm: "HS256", secret: TOKEN_SECRET }, clock }),
  }),
  routes: [dishes, rest, () => mount("/legacy", () => new Response("old"), { auth: "public" })],
});
