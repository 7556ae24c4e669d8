import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod";
import { buildPath, createCaller, createUrls } from "#src/caller/mod";
import { type ErrorCatalogue, defineErrors } from "#src/core/mod";
import { bodyStream, group, mount, reply, route, routes } from "#src/http/mod";

// What matters here is that this file compiles: each @ts-expect-error line must be an error, and every other line must not.

type IsAny<Type> = 0 extends 1 & Type ? true : false;
type Equal<Left, Right> =
  IsAny<Left> extends true ? false : [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;
/** Compiles only where the claim is true. */
function sure(_claim: true): void {}

const problems: ErrorCatalogue<{ SOLD_OUT: object; UNKNOWN: { id: string } }, "shop"> = defineErrors<
  { SOLD_OUT: object; UNKNOWN: { id: string } },
  "shop"
>("shop", {
  SOLD_OUT: { status: 409, title: "Sold out", message: () => "Nothing is left." },
  UNKNOWN: { status: 404, title: "Unknown", message: (d) => `There is no ${d.id}.` },
});

const Order = z.object({ id: z.string(), at: z.date() });
const Missing = z.object({ missing: z.string() });

const shop = (_services: { readonly name: string }) =>
  routes(
    route.get("/", { auth: "public" }, () => 1),
    group({ prefix: "/v1" }, [
      route.get(
        "/orders/:id",
        { auth: "public", name: "orders.show", reply: Order, errors: [problems.SOLD_OUT, problems.UNKNOWN] },
        ({ params }) => ({ id: params.id, at: new Date(0) }),
      ),
      ...group({ prefix: "/t/:tenant" }, [
        route.get("/", { auth: "public", query: z.object({ page: z.coerce.number<number>() }) }, () => 1),
      ]),
    ]),
    [
      route.post("/orders", { auth: "public", body: z.object({ sku: z.string() }), reply: { 201: Order, 404: Missing } }, () =>
        reply.json(404, { missing: "x" }),
      ),
    ],
    route.put("/files/*", { auth: "public", body: bodyStream() }, () => undefined),
    route.get("/versioned", { auth: "public", version: "1", reply: z.object({ one: z.string() }) }, () => ({ one: "1" })),
    group({ version: "2" }, [
      route.get("/versioned", { auth: "public", reply: z.object({ two: z.string() }) }, () => ({ two: "2" })),
    ]),
    mount("/legacy", () => new Response("old"), { auth: "public" }),
  );
const app = { name: "shop", routes: [shop, () => routes(route.delete("/x", { auth: "public" }, () => 1))] } as const;

// Checked by the compiler; called only to be programs.
export async function calls(): Promise<void> {
  const api = createCaller<typeof shop>();
  await api.get("/");
  await api.get("/v1/t/:tenant", { params: { tenant: "a" }, query: { page: 1 } });
  // @ts-expect-error the prefix is part of the path
  await api.get("/orders/:id", { params: { id: "1" } });
  // @ts-expect-error there is no such route
  await api.get("/nowhere");
  // @ts-expect-error the query is missing
  await api.get("/v1/t/:tenant", { params: { tenant: "a" } });
  // @ts-expect-error the parameter is missing
  await api.get("/v1/orders/:id");
  // @ts-expect-error a body of bytes is no text
  await api.put("/files/*", { params: { "*": "a/b" }, body: "text" });
  await api.put("/files/*", { params: { "*": "a/b" }, body: new Uint8Array(1) });

  const found = await api.get("/v1/orders/:id", { params: { id: 1 } });
  if (found.ok) {
    sure(true satisfies Equal<typeof found.data, { readonly id: string; readonly at: string }>);
    sure(true satisfies Equal<typeof found.problem, undefined>);
  } else {
    switch (found.problem.code) {
      case "E_SHOP_SOLD_OUT":
      case "E_SHOP_UNKNOWN":
      case "E_HTTP_RATE_LIMITED":
      case "E_AUTH_TOKEN_EXPIRED":
      case "E_CALLER_PROBLEM_MISSING":
        break;
      // @ts-expect-error no such code is declared
      case "E_SHOP_CLOSED":
        break;
      default:
        found.problem.status.toFixed();
    }
  }

  const made = await api.post("/orders", { body: { sku: "a" } });
  if (made.status === 201) sure(true satisfies Equal<typeof made.data.at, string>);
  if (made.status === 404 && made.data !== undefined) sure(true satisfies Equal<typeof made.data.missing, string>);
  // @ts-expect-error the body's member is a text
  await api.post("/orders", { body: { sku: 1 } });

  // Routes of a version are known to callers of that version alone.
  // @ts-expect-error the caller names no version
  await api.get("/versioned");
  const two = await createCaller<typeof shop, "2">({ version: "2" }).get("/versioned");
  if (two.ok) sure(true satisfies Equal<typeof two.data, { readonly two: string }>);
  const one = await createCaller<typeof shop, "1">({ version: "1" }).get("/versioned");
  if (one.ok) sure(true satisfies Equal<typeof one.data, { readonly one: string }>);
  // @ts-expect-error the caller is of another version
  createCaller<typeof shop, "2">({ version: "1" });

  // An app brings the routes of all its makers.
  const whole = createCaller<typeof app>();
  await whole.delete("/x");
  await whole.get("/");
  // @ts-expect-error DELETE has no such path
  await whole.delete("/");

  // A caller that knows nothing takes any path.
  const any = await createCaller().get("/anything", { query: { a: 1 } });
  sure(true satisfies Equal<typeof any.data, unknown>);
}

export function urls(): void {
  const links = createUrls(shop({ name: "x" }));
  links.to("orders.show", { params: { id: 1 } });
  links.to("/v1/orders/:id", { params: { id: 1 } });
  links.to("/");
  // @ts-expect-error there is no such name
  links.to("orders.list");
  // @ts-expect-error the parameter is missing
  links.to("orders.show");
  // @ts-expect-error the parameter has another name
  links.to("orders.show", { params: { order: 1 } });
  buildPath("/a/:id(\\d+)/*", { params: { id: 1, "*": "x" }, query: { any: ["thing"] } });
  // @ts-expect-error a parameter is missing
  buildPath("/a/:id/:name", { params: { id: 1 } });
}

test("calls and URLs are typed by the routes' declarations", () => {
  assert.deepEqual([typeof calls, typeof urls], ["function", "function"]);
});
