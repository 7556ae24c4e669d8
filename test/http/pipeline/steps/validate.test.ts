import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import { route } from "#src/http/route";
import { createApp, jsonInit, problemOf } from "../../support.ts";

const later = (message?: string): StandardSchemaV1 => ({
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async (value) => (message === undefined ? { value: { later: value } } : { issues: [{ message }] }),
  },
});
const throwing = (how: "now" | "later"): StandardSchemaV1 => ({
  "~standard": {
    version: 1,
    vendor: "test",
    validate: () => {
      if (how === "later") return Promise.reject(new Error("schema"));
      throw new Error("schema");
    },
  },
});

describe("validation", () => {
  it("hands on what the schemas make of every part", async () => {
    const app = await createApp([
      route.post(
        "/a/:id",
        {
          auth: "public",
          params: z.object({ id: z.coerce.number() }),
          query: z.object({ q: z.string().default("none"), tag: z.array(z.string()).default([]) }),
          headers: z.object({ "x-one": z.coerce.number() }),
          body: z.object({ when: z.coerce.date() }),
        },
        ({ params, query, headers, body }) => ({ params, query, headers, year: body.when.getUTCFullYear() }),
      ),
    ]);
    const answer = await app.fetch("/a/7?tag=x&other=1", jsonInit({ when: "2026-01-01", extra: 1 }, { "x-one": "5" }));
    assert.deepEqual(await answer.json(), {
      params: { id: 7 },
      query: { q: "none", tag: ["x"] },
      headers: { "x-one": 5 },
      year: 2026,
    });
  });

  it("reports the faults of all parts at once, each with its pointer", async () => {
    const app = await createApp([
      route.post(
        "/a/:id",
        {
          auth: "public",
          params: z.object({ id: z.uuid() }),
          query: z.object({ n: z.coerce.number() }),
          headers: z.object({ "x-one": z.string() }),
          body: z.object({ "a/b": z.object({ "~": z.string() }), c: z.number() }),
        },
        () => assert.fail("ran"),
      ),
    ]);
    const answer = await app.fetch("/a/7?n=x", jsonInit({ "a/b": { "~": 1 } }));
    assert.equal(answer.status, 400);
    const problem = await problemOf(answer);
    assert.equal(problem.code, "E_HTTP_REQUEST_INVALID");
    assert.deepEqual(
      problem.errors?.map((fault) => `${fault.in} ${fault.pointer}`),
      ["params /id", "query /n", "headers /x-one", "body /a~1b/~0", "body /c"],
    );
    assert.match(problem.detail, /^5 /);
  });

  it("waits for asynchronous schemas, and reports their faults with the others", async () => {
    const app = await createApp([
      route.get("/good", { auth: "public", query: later() }, ({ query }) => query),
      route.get("/bad/:id", { auth: "public", params: z.object({ id: z.uuid() }), query: later("taken") }, () =>
        assert.fail("ran"),
      ),
    ]);
    assert.deepEqual(await (await app.fetch("/good?a=1")).json(), { later: { a: "1" } });
    assert.deepEqual(
      (await problemOf(await app.fetch("/bad/1"))).errors?.map((fault) => fault.in),
      ["params", "query"],
    );
  });

  it("that fails itself is a 500, and no rejection is left over", async (t) => {
    const leftOver: unknown[] = [];
    const note = (thrown: unknown): void => void leftOver.push(thrown);
    process.on("unhandledRejection", note);
    t.after(() => process.off("unhandledRejection", note));
    const app = await createApp([
      route.get("/now", { auth: "public", query: throwing("now") }, () => assert.fail("ran")),
      route.get("/later", { auth: "public", query: throwing("later") }, () => assert.fail("ran")),
      route.get("/both/:id", { auth: "public", params: throwing("later"), query: throwing("now") }, () => assert.fail("ran")),
    ]);
    for (const path of ["/now", "/later", "/both/1"]) assert.equal((await app.fetch(path)).status, 500);
    await new Promise(setImmediate);
    assert.deepEqual(leftOver, []);
  });

  it("makes a list of a field that came once only where the schema wants one", async () => {
    const app = await createApp([
      route.get("/a", { auth: "public", query: z.object({ list: z.array(z.string()), one: z.string() }) }, ({ query }) => query),
      route.post(
        "/form",
        { auth: "public", accepts: ["form", "json"], body: z.object({ list: z.array(z.string()) }) },
        ({ body }) => body,
      ),
    ]);
    assert.deepEqual(await (await app.fetch("/a?list=x&one=y")).json(), { list: ["x"], one: "y" });
    assert.deepEqual(await (await app.fetch("/a?list=x&list=z&one=y")).json(), { list: ["x", "z"], one: "y" });
    assert.equal((await app.fetch("/a?list=x&one=y&one=z")).status, 400);
    const form = { method: "POST", body: "list=x", headers: { "content-type": "application/x-www-form-urlencoded" } };
    assert.deepEqual(await (await app.fetch("/form", form)).json(), { list: ["x"] });
    assert.equal((await app.fetch("/form", jsonInit({ list: "x" }))).status, 400, "JSON says itself what is a list");
  });

  it("reports a query that cannot be read as its fault", async () => {
    const app = await createApp([
      route.get("/a/:id", { auth: "public", params: z.object({ id: z.uuid() }), query: z.object({}) }, () => assert.fail("ran")),
    ]);
    for (const [query, detail] of [
      ["a=%zz", /percent sign/],
      ["a&".repeat(1_001), /more than 1000/],
    ] as const) {
      const { errors } = await problemOf(await app.fetch(`/a/1?${query}`));
      assert.deepEqual(
        errors?.map((fault) => [fault.in, fault.pointer]),
        [
          ["params", "/id"],
          ["query", ""],
        ],
      );
      assert.match(errors?.[1]?.detail ?? "", detail);
    }
  });

  it("is not done for parts without a schema", async () => {
    const app = await createApp([
      route.get("/a/:id", { auth: "public" }, ({ params, query, body }) => ({
        params,
        query: query ?? "none",
        body: body ?? "none",
      })),
    ]);
    assert.deepEqual(await (await app.fetch("/a/%41?x=%zz")).json(), { params: { id: "A" }, query: "none", body: "none" });
  });

  it("CVE-2026-25754: leaves no prototype poisoned by query, form, or params", async () => {
    const app = await createApp([
      route.get("/a/:__proto__", { auth: "public", query: z.record(z.string(), z.unknown()) }, ({ query }) => ({
        polluted: "isAdmin" in {},
        inherited: "isAdmin" in query,
      })),
      route.post("/form", { auth: "public", accepts: ["form"], body: z.looseObject({}) }, ({ body }) => ({
        polluted: "isAdmin" in {},
        inherited: "isAdmin" in body,
      })),
    ]);
    const hostile = "__proto__=isAdmin&__proto__[isAdmin]=1&constructor[prototype][isAdmin]=1&constructor.prototype.isAdmin=1";
    const form = { method: "POST", body: hostile, headers: { "content-type": "application/x-www-form-urlencoded" } };
    for (const answer of [await app.fetch(`/a/x?${hostile}`), await app.fetch("/form", form)]) {
      assert.deepEqual(await answer.json(), { polluted: false, inherited: false });
    }
  });
});
