import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { defineErrors } from "#src/core/mod";
import type { AuthRule } from "#src/http/contract";
import { mount } from "#src/http/mount";
import { group, route } from "#src/http/route";
import { mutatePath } from "../support/path-mutations.ts";
import { type TestApp, createApp, rawStatus } from "./support.ts";

const auth401 = defineErrors<{ NEEDED: object }>("t", { NEEDED: { status: 401, title: "Needed", message: () => "Sign in." } });
const signedIn: AuthRule<string> = {
  scheme: "bearer",
  challenge: "Bearer",
  identify: ({ headers }) => {
    if (headers["authorization"] !== "Bearer good") throw auth401.NEEDED({});
    return "me";
  },
};

/** How often a protected handler ran. */
let entered = 0;
const enter = (): string => {
  entered++;
  return "secret";
};
const protectedPaths = [
  "/admin",
  "/admin/users/7",
  "/v1/admin/settings",
  "/a/b/c/d",
  "/mounted",
  "/mounted/admin/users",
  "/files/x/y/z",
];
const app: TestApp = await createApp([
  route.get("/admin", { auth: signedIn }, enter),
  route.post("/admin", { auth: signedIn }, enter),
  route.get("/admin/users/:id", { auth: signedIn }, enter),
  route.get(String.raw`/admin/reports/:year(\d+)`, { auth: signedIn }, enter),
  ...group({ prefix: "/v1" }, [route.get("/admin/settings", { auth: signedIn }, enter)]),
  route.get("/a/b/c/d", { auth: signedIn }, enter),
  route.get("/files/*", { auth: signedIn }, enter),
  ...mount("/mounted", () => (enter(), new Response("secret")), { auth: signedIn }),
]);

describe("CVE-2026-22031: no spelling of a protected path gets in without credentials", () => {
  const refused = new Set([400, 401, 403, 404, 405]);
  for (const path of protectedPaths) {
    it(`${path} in 5,000 spellings`, async () => {
      entered = 0;
      const seen = new Map<number, number>();
      for (const [index, spelling] of mutatePath(path, 5_000).entries()) {
        const status = await rawStatus(app, spelling, { method: index % 5 === 4 ? "HEAD" : "GET" });
        assert.ok(refused.has(status), `${JSON.stringify(spelling)} got ${status}`);
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
      assert.equal(entered, 0);
      assert.ok((seen.get(401) ?? 0) > 50, "some spellings mean the same path, and meet its guard");
      assert.ok((seen.get(404) ?? 0) > 500);
    });
  }

  it("the plain path gets in with credentials, and not without", async () => {
    for (const path of protectedPaths) {
      entered = 0;
      assert.equal(await rawStatus(app, path), 401);
      assert.equal(entered, 0);
      assert.equal(await rawStatus(app, path, { headers: ["host", "localhost", "authorization", "Bearer good"] }), 200, path);
      assert.equal(entered, 1);
    }
  });

  it("a handler that matches a path has met its own guard, whatever the path (property)", async () => {
    const piece = fc.constantFrom(
      "/",
      "admin",
      "users",
      "%61dmin",
      "..",
      ".",
      "%2e",
      "%2f",
      "\\",
      ";",
      "7",
      "mounted",
      "files",
      "v1",
      "settings",
      "%",
      "//",
      "x",
      "%00",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 10 }), async (pieces) => {
        entered = 0;
        const status = await rawStatus(app, `/${pieces.join("")}`);
        assert.ok(refused.has(status), String(status));
        assert.equal(entered, 0);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("GHSA-xmf8-cvqr-rfgj: a header that no client would send", () => {
  it("is refused or ignored, and fails nothing", async () => {
    const hostile = [
      "",
      " ",
      "Bearer",
      "Bearer  good",
      "bearer good",
      "Bearer good,",
      "Bearer good\t",
      "Basic Og==",
      "%",
      "__proto__",
      "a".repeat(10_000),
      "\u00e9",
      "Bearer\u00a0good",
      "null",
      "[object Object]",
    ];
    entered = 0;
    for (const value of hostile)
      assert.equal(await rawStatus(app, "/admin", { headers: ["host", "localhost", "authorization", value] }), 401, value);
    assert.equal(entered, 0);
    assert.equal(app.lines.length, 0);
  });
});

describe("CVE-2025-29927: no header that stands in the source steers it", () => {
  it("into a protected route", async () => {
    entered = 0;
    const names = [
      "x-middleware-subrequest",
      "x-plinth",
      "x-plinth-route",
      "x-request-id",
      "x-forwarded-for",
      "x-real-ip",
      "x-original-url",
      "x-rewrite-url",
      "x-http-method-override",
      "x-auth",
      "principal",
      "sec-fetch-site",
      "origin",
      "traceparent",
      "expect",
      "upgrade",
      "cookie",
    ];
    for (const name of names) {
      for (const value of ["true", "1", "/public", "127.0.0.1", "src/middleware:src/middleware"]) {
        assert.equal(await rawStatus(app, "/admin", { headers: ["host", "localhost", name, value] }), 401, `${name}: ${value}`);
      }
    }
    assert.equal(entered, 0);
  });
});

describe("CVE-2025-59466: deep recursion", () => {
  it("of paths, queries and bodies is an answer, never an end of the process", async () => {
    for (const path of [`/files${"/a".repeat(100_000)}`, `/${"(".repeat(50_000)}`, `/admin?${"[a]".repeat(30_000)}=1`]) {
      assert.ok(refusedOrFound(await rawStatus(app, path)), path.slice(0, 20));
    }
  });
});

function refusedOrFound(status: number): boolean {
  return status === 401 || status === 404;
}
