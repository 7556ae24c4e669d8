import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, describe, test } from "node:test";
import * as z from "zod";
import { type Caller, type CallerOptions, type KnownRoutes, createCaller } from "#src/caller/mod";
import { type ErrorCatalogue, defineErrors, isPlinthError } from "#src/core/mod";
import { bodyStream, group, reply, route, routes } from "#src/http/mod";
import { serve } from "../../http/support.ts";

const problems: ErrorCatalogue<{ SOLD_OUT: { sku: string } }, "shop"> = defineErrors<{ SOLD_OUT: { sku: string } }, "shop">(
  "shop",
  {
    SOLD_OUT: { status: 409, title: "Sold out", message: (d) => `There is no ${d.sku} left.` },
  },
);
const Order = z.object({ id: z.string(), at: z.date() });

const shop = routes(
  route.get("/orders/:id", { auth: "public", reply: { 200: Order, 404: z.object({ missing: z.string() }) } }, ({ params }) =>
    params.id === "0" ? reply.json(404, { missing: params.id }) : { id: params.id, at: new Date(0) },
  ),
  route.post(
    "/orders",
    { auth: "public", body: z.object({ sku: z.string().min(1) }), reply: { 201: Order }, errors: [problems.SOLD_OUT] },
    ({ body }) => {
      if (body.sku === "none") throw problems.SOLD_OUT({ sku: body.sku });
      return reply.created({ id: body.sku, at: new Date(0) });
    },
  ),
  route.put("/echo", { auth: "public", body: bodyStream() }, ({ body, request }) =>
    reply.stream(body, { type: request.headers["content-type"] ?? "none/none" }),
  ),
  route.delete("/orders", { auth: "public" }, () => reply.empty()),
  route.get("/headers", { auth: "public" }, ({ request }) => request.headers),
  route.get("/text", { auth: "public" }, () => reply.text("tëxt")),
  route.get("/elsewhere", { auth: "public" }, () => reply.redirect("/text")),
  route.get("/page", { auth: "public" }, () => reply.html("<h1>Bad gateway</h1>", { status: 502 })),
  route.get("/broken", { auth: "public" }, () => reply.text("{", { type: "application/json" })),
  route.get("/broken-error", { auth: "public" }, () => reply.text("{", { type: "application/problem+json", status: 500 })),
  route.get("/never", { auth: "public" }, ({ signal }) => {
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  }),
  route.get("/dripping", { auth: "public", deadline: "0s" }, () =>
    reply.stream(
      (async function* () {
        yield "begun";
        await new Promise(() => {});
      })(),
    ),
  ),
  route.get("/versioned", { auth: "public", version: "1" }, () => "one"),
  group({ version: "2" }, [route.get("/versioned", { auth: "public" }, () => "two")]),
);

async function open(t: TestContext, options: CallerOptions = {}): Promise<Caller<KnownRoutes<typeof shop>>> {
  const { origin } = await serve(t, shop, { versions: { default: "1" } });
  return createCaller<typeof shop>({ baseUrl: origin, ...options });
}

describe("a call", () => {
  test("is answered with data, by the route's schema", async (t) => {
    const api = await open(t);
    const found = await api.get("/orders/:id", { params: { id: "a/b ü" } });
    assert.ok(found.ok);
    assert.deepEqual([found.status, found.data], [200, { id: "a/b ü", at: "1970-01-01T00:00:00.000Z" }]);
    const made = await api.post("/orders", { body: { sku: "7" } });
    assert.deepEqual([made.ok, made.status, made.data?.id], [true, 201, "7"]);
    assert.deepEqual([(await api.delete("/orders")).status, (await api.delete("/orders")).data], [204, undefined]);
    assert.equal((await api.get("/text")).data, "tëxt");
  });

  test("is answered with a problem, the route's own or the framework's", async (t) => {
    const api = await open(t);
    const soldOut = await api.post("/orders", { body: { sku: "none" } });
    assert.ok(!soldOut.ok);
    assert.deepEqual([soldOut.status, soldOut.problem.code], [409, "E_SHOP_SOLD_OUT"]);
    assert.equal(soldOut.problem.detail, "There is no none left.");
    const faulty = await api.post("/orders", { body: { sku: "" } });
    assert.ok(!faulty.ok && faulty.problem.code === "E_HTTP_REQUEST_INVALID");
    assert.deepEqual(
      faulty.problem.errors?.map(({ pointer }) => pointer),
      ["/sku"],
    );
  });

  test("is answered with data and a stand-in problem where an error is no problem document", async (t) => {
    const api = await open(t);
    const missing = await api.get("/orders/:id", { params: { id: 0 } });
    assert.ok(!missing.ok && missing.status === 404);
    assert.deepEqual([missing.data, missing.problem.code], [{ missing: "0" }, "E_CALLER_PROBLEM_MISSING"]);
    const page = await api.get("/page");
    assert.ok(!page.ok);
    assert.deepEqual([page.status, page.problem.code, page.problem.status], [502, "E_CALLER_PROBLEM_MISSING", 502]);
    assert.match(page.problem.detail, /It begins: <h1>Bad gateway/);
    assert.equal(page.problem.requestId, page.headers.get("x-request-id"));
    const broken = await api.get("/broken-error");
    assert.deepEqual([broken.status, broken.problem?.code], [500, "E_CALLER_PROBLEM_MISSING"]);
  });

  test("carries headers: those of every call, asked for each time, and its own", async (t) => {
    let token = 0;
    const api = await open(t, { headers: () => Promise.resolve({ authorization: `t${++token}`, "x-a": "common" }) });
    const headers = async (): Promise<Record<string, string>> =>
      (await api.get("/headers", { headers: { "x-a": "own" } })).data as Record<string, string>;
    assert.deepEqual([(await headers())["authorization"], (await headers())["authorization"]], ["t1", "t2"]);
    assert.equal((await headers())["x-a"], "own");
  });

  test("takes and gives streams, and bytes as they are", async (t) => {
    const api = await open(t);
    const big = new Uint8Array(300_000).fill(7);
    const echoed = await api.put("/echo", { body: big });
    assert.deepEqual([echoed.ok, echoed.data], [true, big]);
    const streamed = await api.fetch("PUT", "/echo", {
      body: new Blob([big]).stream(),
      headers: { "content-type": "image/png" },
    });
    assert.equal(streamed.headers.get("content-type"), "image/png");
    assert.equal((await streamed.bytes()).byteLength, big.byteLength);
  });

  test("asks for its version", async (t) => {
    const { origin } = await serve(t, shop, { versions: { default: "1" } });
    const ask = (version: "1" | "2") => createCaller<typeof shop, "1" | "2">({ baseUrl: origin, version }).get("/versioned");
    assert.deepEqual([(await ask("1")).data, (await ask("2")).data], ["one", "two"]);
  });

  test("does not follow a redirect, which could lead its credentials elsewhere, unless told to", async (t) => {
    const api = await open(t);
    const stayed = await api.get("/elsewhere");
    assert.deepEqual([stayed.ok, stayed.status, stayed.headers.get("location")], [true, 303, "/text"]);
    const { origin } = await serve(t, shop, { versions: { default: "1" } });
    const following = createCaller<typeof shop>({ baseUrl: origin, init: { redirect: "follow" } });
    assert.equal((await following.get("/elsewhere")).data, "tëxt");
  });

  test("has a base that no path leads away from", (t) => {
    const seen: string[] = [];
    const fetch = (request: Request): Promise<Response> => {
      seen.push(request.url);
      return Promise.resolve(new Response());
    };
    const api = createCaller({ baseUrl: "https://api.example/v1/", fetch });
    t.assert.equal(api.url("/a", { query: { b: 1 } }), "https://api.example/v1/a?b=1");
    return assert
      .rejects(api.get("//evil.example/a"), { code: "E_CALLER_TEMPLATE_INVALID" })
      .then(() => assert.deepEqual(seen, []));
  });
});

describe("a call without an answer", () => {
  test("is thrown: nobody there", async () => {
    const closed = createServer().listen(0, "127.0.0.1");
    await once(closed, "listening");
    const { port } = closed.address() as AddressInfo;
    closed.close();
    await once(closed, "close");
    const api = createCaller<typeof shop>({ baseUrl: `http://127.0.0.1:${port}` });
    await assert.rejects(api.get("/text"), (thrown) => {
      assert.ok(isPlinthError(thrown, "E_CALLER_UNREACHABLE"));
      assert.ok(thrown.cause instanceof TypeError);
      return true;
    });
  });

  test("is thrown: no time left, before the answer or within it", async (t) => {
    const api = await open(t, { timeout: "100ms" });
    await assert.rejects(api.get("/never"), { code: "E_CALLER_TIMED_OUT", message: /within 100ms/ });
    await assert.rejects(api.get("/dripping"), { code: "E_CALLER_TIMED_OUT" });
    const stream = await api.fetch("GET", "/dripping");
    assert.equal(stream.status, 200);
    await stream.body?.cancel();
  });

  test("is thrown: given up by its caller, with the reason", async (t) => {
    const api = await open(t);
    const reason = new Error("no longer wanted");
    await assert.rejects(api.get("/text", { signal: AbortSignal.abort(reason) }), reason);
    const leaving = new AbortController();
    const call = api.get("/never", { signal: leaving.signal });
    leaving.abort(reason);
    await assert.rejects(call, reason);
  });

  test("is thrown: what came is no JSON, or more than is taken", async (t) => {
    const api = await open(t, { answerLimit: "1kb" });
    await assert.rejects(api.get("/broken"), { code: "E_CALLER_ANSWER_UNREADABLE", message: /no JSON/ });
    await assert.rejects(api.put("/echo", { body: new Uint8Array(2_000) }), {
      code: "E_CALLER_ANSWER_UNREADABLE",
      message: /more than 1024 bytes/,
    });
    assert.ok((await api.put("/echo", { body: new Uint8Array(1_024) })).ok);
  });
});
