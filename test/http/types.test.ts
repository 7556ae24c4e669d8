import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { AuthRule, BodyStream, Contract, PathKeys } from "#src/http/contract";
import type { PartStream, UploadedFile } from "#src/http/multipart/declaration";
import { multipart, multipartStream } from "#src/http/multipart/multipart";
import { reply } from "#src/http/reply";
import { bodyStream, group, route, routes } from "#src/http/route";

// What matters here is that this file compiles: each @ts-expect-error line must be an error, and every other line must not.

type IsAny<Type> = 0 extends 1 & Type ? true : false;
type Equal<Left, Right> =
  IsAny<Left> extends true ? false : [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;
/** Compiles only where the claim is true. */
function sure(_claim: true): void {}

interface User {
  readonly id: string;
}
const signedIn: AuthRule<User> = { scheme: "t", challenge: "T", identify: () => ({ id: "u1" }) };
const Order = z.object({ id: z.string(), count: z.coerce.number() });
const Problem = z.object({ why: z.string() });

export const declared: readonly unknown[] = [
  // Parameters come from the path.
  route.get("/a/:id/b/:name", { auth: "public" }, ({ params }) => {
    sure(true satisfies Equal<typeof params, { readonly id: string; readonly name: string }>);
    // @ts-expect-error -- there is no such parameter
    return params.other;
  }),
  route.get(String.raw`/a/:id(\d+)`, { auth: "public" }, ({ params }) => params),
  route.get("/files/*", { auth: "public" }, ({ params }) => {
    sure(true satisfies Equal<typeof params, { readonly "*": string }>);
  }),
  route.get("/a/:id", { auth: "public", params: z.object({ id: z.coerce.number() }) }, ({ params }) => {
    sure(true satisfies Equal<typeof params, { id: number }>);
  }),

  // Query, headers and body have the output of their schemas, and are nothing without one.
  route.post("/a", { auth: "public", query: Order, headers: Problem, body: Order }, ({ query, headers, body }) => {
    sure(true satisfies Equal<typeof query, { id: string; count: number }>);
    sure(true satisfies Equal<typeof headers, { why: string }>);
    sure(true satisfies Equal<typeof body, { id: string; count: number }>);
  }),
  route.post("/a", { auth: "public" }, ({ query, body }) => {
    sure(true satisfies Equal<typeof query, undefined>);
    sure(true satisfies Equal<typeof body, undefined>);
  }),
  // A multipart body has the fields of its schema, and a file, perhaps a file, or a list for each rule.
  route.post(
    "/a",
    {
      auth: "public",
      body: multipart({
        fields: Order,
        files: { one: { types: ["*"] }, maybe: { types: ["*"], optional: true }, many: { types: ["*"], maxCount: 3 } },
      }),
    },
    ({ body: { fields, files } }) => {
      sure(true satisfies Equal<typeof fields, { id: string; count: number }>);
      sure(true satisfies Equal<typeof files.one, UploadedFile>);
      sure(true satisfies Equal<typeof files.maybe, UploadedFile | undefined>);
      sure(true satisfies Equal<typeof files.many, readonly UploadedFile[]>);
      // @ts-expect-error -- there is no such file
      return files.other;
    },
  ),
  route.post("/a", { auth: "public", body: multipartStream() }, ({ body }) => {
    sure(true satisfies Equal<typeof body, PartStream>);
  }),
  route.post("/a", { auth: "public", body: bodyStream("image/png") }, ({ body }) => {
    sure(true satisfies Equal<typeof body, BodyStream>);
  }),

  // The principal is what the rule identifies.
  route.get("/a", { auth: signedIn }, ({ principal }) => {
    sure(true satisfies Equal<typeof principal, User>);
  }),
  route.get("/a", { auth: "public" }, ({ principal }) => {
    sure(true satisfies Equal<typeof principal, undefined>);
  }),

  // A decision about callers is required.
  // @ts-expect-error -- `auth` is missing
  route.get("/a", {}, () => 1),
  // @ts-expect-error -- no such decision
  route.get("/a", { auth: "private" }, () => 1),
  // @ts-expect-error -- `auth` is missing
  route.get("/a", { query: Order }, () => 1),

  // A reply fits its schema.
  route.get("/a", { auth: "public", reply: Order }, () => ({ id: "1", count: 2 })),
  route.get("/a", { auth: "public", reply: Order }, async () => reply.created({ id: "1", count: 2 })),
  route.get("/a", { auth: "public", reply: Order }, () => new Response()),
  route.get("/a", { auth: "public", reply: Order }, () => reply.redirect("/b")),
  // @ts-expect-error -- a field is missing
  route.get("/a", { auth: "public", reply: Order }, () => ({ count: 2 })),
  // @ts-expect-error -- nothing is no order
  route.get("/a", { auth: "public", reply: Order }, () => undefined),
  // @ts-expect-error -- the new order has no id
  route.get("/a", { auth: "public", reply: Order }, () => reply.created({ count: 2 })),

  // Replies by status.
  route.get("/a", { auth: "public", reply: { 200: Order, 404: Problem } }, () => ({ id: "1", count: 1 })),
  route.get("/a", { auth: "public", reply: { 200: Order, 404: Problem } }, () => reply.json(404, { why: "gone" })),
  // @ts-expect-error -- 404 says why
  route.get("/a", { auth: "public", reply: { 200: Order, 404: Problem } }, () => reply.json(404, { id: "1", count: 1 })),
  // @ts-expect-error -- 409 is not declared
  route.get("/a", { auth: "public", reply: { 200: Order, 404: Problem } }, () => reply.json(409, { why: "gone" })),
  // @ts-expect-error -- without 200 a plain value has no schema
  route.get("/a", { auth: "public", reply: { 201: Order } }, () => ({ id: "1", count: 1 })),

  // Durations, sizes and policies are typed texts.
  route.get("/a", { auth: "public", deadline: "2s", bodyLimit: "10mb" }, () => 1),
  // @ts-expect-error -- no duration
  route.get("/a", { auth: "public", deadline: "2 seconds" }, () => 1),
  // @ts-expect-error -- no size
  route.get("/a", { auth: "public", bodyLimit: 1024 }, () => 1),

  group({ prefix: "/v1" }, [route.get("/a", { auth: signedIn }, () => 1)]),
  // @ts-expect-error -- a group cannot decide who may call
  group({ auth: "public" }, []),
];

sure(true satisfies Equal<PathKeys<"/a/:id/:name(x)/*">, "id" | "name" | "*">);
sure(true satisfies Equal<PathKeys<"/a/b">, never>);
sure(
  true satisfies Equal<
    Contract<"/", undefined, undefined, undefined, undefined, undefined, User>["auth"],
    "public" | AuthRule<User>
  >,
);

test("routes keep the types of what they declare", () => {
  const [first, second] = routes(
    route.get("/a/:id", { auth: "public", reply: Order }, () => ({ id: "1", count: 1 })),
    route.post("/b", { auth: signedIn, body: Order }, () => 1),
  );
  sure(true satisfies Equal<typeof first.method, "GET">);
  sure(true satisfies Equal<typeof first.path, "/a/:id">);
  assert.deepEqual([first.method, first.path, second.method, second.path], ["GET", "/a/:id", "POST", "/b"]);
  assert.ok(declared.length > 20);
});
