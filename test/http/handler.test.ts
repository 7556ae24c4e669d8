import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type LimitRule, type ReplayRule, type Route } from "#src/http/contract";
import { route } from "#src/http/route";
import { createApp, jsonInit, problemOf } from "./support.ts";

const app = await createApp([
  route.get("/orders", { auth: "public" }, () => "list"),
  route.post("/orders", { auth: "public" }, () => "made"),
  route.delete("/orders/:id", { auth: "public" }, ({ params }) => params.id),
  route.get("/only", { auth: "public", summary: "Only this." }, () => "only"),
]);

describe("a path", () => {
  it("that no route has is a 404", async () => {
    for (const path of ["/nowhere", "/orders/", "/Orders", "/orders/1/2", "/"]) {
      const answer = await app.fetch(path);
      assert.equal(answer.status, 404, path);
      const problem = await problemOf(answer);
      assert.equal(problem.code, "E_HTTP_ROUTE_NOT_FOUND");
      assert.ok(problem.detail.includes(path));
    }
  });

  it("that has no such method is a 405 that says which it has", async () => {
    for (const [method, path, allow] of [
      ["PUT", "/orders", "GET, POST, HEAD, OPTIONS"],
      ["GET", "/orders/1", "DELETE, OPTIONS"],
      ["HEAD", "/orders/1", "DELETE, OPTIONS"],
      ["POST", "/only", "GET, HEAD, OPTIONS"],
      ["PROPFIND", "/only", "GET, HEAD, OPTIONS"],
      ["constructor", "/only", "GET, HEAD, OPTIONS"],
      ["toString", "/only", "GET, HEAD, OPTIONS"],
    ] as const) {
      const answer = await app.fetch(path, { method });
      assert.equal(answer.status, 405, `${method} ${path}`);
      assert.equal(answer.headers.get("allow"), allow);
      if (method !== "HEAD") assert.equal((await problemOf(answer)).code, "E_HTTP_METHOD_NOT_ALLOWED");
    }
  });

  it("with an escape that is none is a 400, whichever methods there are", async () => {
    const posts = await createApp([route.post("/a/:id", { auth: "public" }, () => 1)]);
    for (const one of [app, posts]) {
      for (const method of ["GET", "POST", "OPTIONS", "PATCH"]) {
        const answer = await one.fetch("/a/%zz", { method });
        assert.equal(answer.status, 400, method);
        assert.equal((await problemOf(answer)).code, "E_HTTP_PATH_MALFORMED");
      }
    }
  });

  it("never stands in a problem as markup", async () => {
    const answer = await app.fetch("/%3Cscript%3Ealert(1)%3C/script%3E'\"><b>");
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  });
});

describe("HEAD", () => {
  it("is answered wherever GET is, by the same handler", async () => {
    const answer = await app.fetch("/orders", { method: "HEAD" });
    assert.deepEqual([answer.status, answer.headers.get("content-length"), await answer.text()], [200, "6", ""]);
  });
});

describe("OPTIONS", () => {
  it("lists the methods of a path", async () => {
    const answer = await app.fetch("/orders", { method: "OPTIONS" });
    assert.deepEqual([answer.status, answer.headers.get("allow"), await answer.text()], [204, "GET, POST, HEAD, OPTIONS", ""]);
    assert.equal((await app.fetch("/nowhere", { method: "OPTIONS" })).status, 404);
  });
});

describe("every answer", () => {
  it("has the security headers once, no-store, and the request's id", async () => {
    const answers = [
      await app.fetch("/orders"),
      await app.fetch("/nowhere"),
      await app.fetch("/orders", { method: "OPTIONS" }),
      await app.fetch("/a/%"),
      await app.fetch("/orders/x", { method: "DELETE" }),
    ];
    const ids = new Set<string>();
    for (const answer of answers) {
      assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
      assert.equal(answer.headers.get("cache-control"), "no-store");
      assert.equal(answer.headers.get("strict-transport-security"), null);
      ids.add(answer.headers.get("x-request-id") as string);
    }
    assert.equal(ids.size, answers.length);
  });

  it("has the headers that the app chose", async () => {
    const https = await createApp([route.get("/a", { auth: "public" }, () => 1)], {
      securityHeaders: { https: true, replace: { "x-frame-options": false } },
    });
    const answer = await https.fetch("/a");
    assert.match(answer.headers.get("strict-transport-security") ?? "", /max-age/);
    assert.equal(answer.headers.get("x-frame-options"), null);
  });

  it("does not take the request's id from the request", async () => {
    assert.notEqual((await app.fetch("/orders", { headers: { "x-request-id": "mine" } })).headers.get("x-request-id"), "mine");
  });
});

const KEEPING: ReplayRule = {
  name: "keeping",
  methods: ["GET"],
  digest: false,
  tagged: false,
  maxBytes: 1,
  open: () => () => undefined,
};

describe("an app", () => {
  it("lists what its routes are", async () => {
    const limit: LimitRule = {
      name: "basic",
      stage: "address",
      count: 5,
      windowSeconds: 60,
      engine: { open: () => () => assert.fail() },
    };
    const described = await createApp([
      route.post(
        "/a/:id",
        {
          auth: { scheme: "bearer", challenge: "Bearer", identify: () => 1 },
          limit,
          deadline: "5s",
          bodyLimit: "2kb",
          body: { "~standard": { version: 1, vendor: "t", validate: (value: unknown) => ({ value }) } },
          cors: { origins: ["https://a.example"] },
          summary: "Makes.",
          name: "a.make",
          deprecated: { since: "2026-01-01", sunset: "2027-01-01" },
        },
        () => 1,
      ),
      route.get("/b", { auth: "public", cache: KEEPING }, () => 1),
    ]);
    assert.deepEqual(described.handler.routes, [
      {
        method: "POST",
        host: "",
        path: "/a/:id",
        auth: "bearer",
        limits: ["basic (5/60s)"],
        replay: "",
        deadline: "5s",
        bodyLimit: "2kb",
        cors: "https://a.example",
        priority: "normal",
        summary: "Makes.",
        name: "a.make",
        version: "",
        deprecated: "deprecated 2026-01-01, sunset 2027-01-01",
      },
      {
        method: "GET",
        host: "",
        path: "/b",
        auth: "public",
        limits: [],
        replay: "keeping",
        deadline: "30s",
        bodyLimit: "",
        cors: "",
        priority: "normal",
        summary: "",
        name: "",
        version: "",
        deprecated: "",
      },
    ]);
  });

  it("does not start with routes that are at fault", async () => {
    const undecided = { kind: "route", method: "GET", path: "/a", contract: {}, handler: () => 1 } as unknown as Route;
    await assert.rejects(createApp([undecided, undecided]), { code: "E_HTTP_ROUTES_INVALID" });
    await assert.rejects(
      createApp([undecided], { defaults: { auth: "public" } as object }),
      { code: "E_HTTP_ROUTES_INVALID" },
      "a default does not decide for a route",
    );
    await assert.rejects(createApp([route.get("/a", { auth: "public", deadline: "soon" as "1s" }, () => 1)]), {
      code: "E_CORE_DURATION_INVALID",
    });
    await assert.rejects(
      createApp([route.post("/a", { auth: "public", body: { "~standard": {} } as never, bodyLimit: "big" as "1b" }, () => 1)]),
      { code: "E_CORE_SIZE_INVALID" },
    );
  });

  it("survives hostile trace headers (CVE-2026-59892)", async () => {
    for (const value of ["", "x", "0".repeat(10_000), "00-".repeat(2_000), "%", "__proto__"]) {
      const answer = await app.fetch("/orders", {
        headers: { traceparent: value, tracestate: value, baggage: value, b3: value, "uber-trace-id": value },
      });
      assert.equal(answer.status, 200);
    }
  });

  it("CVE-2026-21710: takes no harm from names that objects inherit", async () => {
    for (const name of ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"]) {
      const answer = await app.fetch(`/orders?${name}=1`, jsonInit("{}", { [name]: "x", cookie: `${name}=x` }));
      assert.equal(answer.status, 200, name);
      assert.equal((await app.fetch(`/${name}`)).status, 404);
    }
  });
});
