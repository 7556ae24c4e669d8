import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { CorsOptions, Method, Policies } from "#src/http/mod";
import { group, route } from "#src/http/route";
import { type TestApp, createApp, problemOf } from "../../support.ts";

const HOST = "app.example.com";
const OWN = `https://${HOST}`;
const OTHER = "https://evil.example";
const PARTNER = "https://partner.example";

function appOf(policies: Policies = {}): Promise<TestApp> {
  return createApp([
    route.get("/a", { auth: "public", ...policies }, () => "got"),
    route.post("/a", { auth: "public", ...policies }, () => "done"),
    route.put("/a", { auth: "public", ...policies }, () => "done"),
    route.delete("/a", { auth: "public", ...policies }, () => "done"),
  ]);
}

const send = (app: TestApp, method: string, headers: Readonly<Record<string, string>>): Promise<Response> =>
  app.fetch("/a", { method, headers: { host: HOST, ...headers } });

interface Row {
  readonly site?: string;
  readonly origin?: string;
  readonly passes: boolean;
}

const table: readonly Row[] = [
  { passes: true },
  { site: "same-origin", passes: true },
  { site: "none", passes: true },
  { site: "same-origin", origin: OWN, passes: true },
  { site: "same-site", passes: false },
  { site: "cross-site", passes: false },
  { site: "cross-site", origin: OWN, passes: false },
  { site: "cross-site", origin: OTHER, passes: false },
  { site: "unknown", passes: false },
  { site: "Same-Origin", passes: false },
  { site: "same-origin, cross-site", passes: false },
  { origin: OWN, passes: true },
  { origin: `http://${HOST}`, passes: true },
  { origin: `${OWN}:443`, passes: false },
  { origin: OTHER, passes: false },
  { origin: "null", passes: false },
  { origin: `${OWN}.evil.example`, passes: false },
  { origin: `https://x.${HOST}`, passes: false },
  { origin: `${OWN}:8443`, passes: false },
  { origin: `${OWN}/`, passes: false },
  { origin: HOST, passes: false },
  { origin: "file://", passes: false },
];

describe("CVE-2025-47910: a change that a browser sends", () => {
  for (const { site, origin, passes } of table) {
    it(`with Sec-Fetch-Site ${site ?? "absent"} and Origin ${origin ?? "absent"} ${passes ? "passes" : "is refused"}`, async () => {
      const app = await appOf();
      const headers = { ...(site === undefined ? {} : { "sec-fetch-site": site }), ...(origin === undefined ? {} : { origin }) };
      for (const method of ["POST", "PUT", "DELETE"]) {
        const answer = await send(app, method, headers);
        assert.equal(answer.status, passes ? 200 : 403, method);
        if (!passes) assert.equal((await problemOf(answer)).code, "E_HTTP_ORIGIN_REFUSED");
      }
      assert.equal((await send(app, "GET", headers)).status, 200, "reading changes nothing");
      assert.equal((await send(app, "HEAD", headers)).status, 200);
    });
  }

  it("passes where the route says that it may", async () => {
    const app = await appOf({ csrf: "none" });
    assert.equal((await send(app, "POST", { "sec-fetch-site": "cross-site", origin: OTHER })).status, 200);
  });

  it("passes from an origin that CORS allows, and from no other", async () => {
    const app = await appOf({ cors: { origins: [PARTNER] } });
    const site = { "sec-fetch-site": "cross-site" };
    assert.equal((await send(app, "POST", { ...site, origin: PARTNER })).status, 200);
    assert.equal((await send(app, "POST", { ...site, origin: OTHER })).status, 403);
    assert.equal((await send(app, "POST", site)).status, 403);
  });

  it("CVE-2022-41919: passes from any origin where CORS says so, but never with its visitor's cookies", async () => {
    const app = await appOf({ cors: { origins: "*" } });
    const form = { "sec-fetch-site": "cross-site", origin: OTHER, "content-type": "application/x-www-form-urlencoded" };
    assert.equal((await send(app, "POST", form)).status, 200);
    assert.equal((await send(app, "POST", { ...form, cookie: "session=1" })).status, 403);
    assert.equal((await send(app, "POST", { "sec-fetch-site": "same-origin", cookie: "session=1" })).status, 200);
    assert.equal((await send(app, "POST", { cookie: "session=1" })).status, 200);
  });
});

describe("an answer to another origin", () => {
  it("is granted to those that are listed, and varies by origin for all", async () => {
    const app = await appOf({ cors: { origins: [PARTNER], credentials: true } });
    const granted = await send(app, "GET", { origin: PARTNER });
    assert.equal(granted.headers.get("access-control-allow-origin"), PARTNER);
    assert.equal(granted.headers.get("access-control-allow-credentials"), "true");
    for (const headers of [{}, { origin: OTHER }, { origin: "null" }]) {
      const answer = await send(app, "GET", headers);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
      assert.equal(answer.headers.get("vary"), "origin");
    }
    assert.equal(granted.headers.get("vary"), "origin");
  });

  it("GHSA-88fw-hqm2-52qc: never reflects an origin that is not listed", async () => {
    const app = await appOf({ cors: { origins: [PARTNER], credentials: true } });
    const near = [
      `${PARTNER}.evil.example`,
      `${PARTNER}/`,
      `${PARTNER}:443`,
      "https://Partner.example",
      "http://partner.example",
      `https://x.partner.example`,
      `${PARTNER}, ${OTHER}`,
      `${PARTNER} `,
      "*",
    ];
    for (const origin of near.map((one) => one.trim()).filter((one) => one !== PARTNER)) {
      for (const answer of [await send(app, "GET", { origin }), await preflight(app, { origin })]) {
        assert.equal(answer.headers.get("access-control-allow-origin"), null, origin);
      }
    }
  });

  it("is granted for errors too, so that a script can read what went wrong", async () => {
    const app = await createApp([
      route.get("/a", { auth: "public", cors: { origins: [PARTNER] } }, () => Promise.reject(new Error("x"))),
    ]);
    const answer = await send(app, "GET", { origin: PARTNER });
    assert.deepEqual([answer.status, answer.headers.get("access-control-allow-origin")], [500, PARTNER]);
  });

  it("is not granted without rules, nor where a route turns its group's off", async () => {
    const cors: CorsOptions = { origins: [PARTNER] };
    const app = await createApp([
      ...group({ cors }, [route.get("/a", { auth: "public", cors: "none" }, () => 1)]),
      route.get("/b", { auth: "public" }, () => 1),
    ]);
    for (const path of ["/a", "/b"]) {
      const answer = await app.fetch(path, { headers: { origin: PARTNER } });
      assert.equal(answer.headers.get("access-control-allow-origin"), null);
      assert.equal(answer.headers.get("vary"), null);
    }
  });

  it("does not start with any origin and credentials together", async () => {
    await assert.rejects(appOf({ cors: { origins: "*", credentials: true } }), { code: "E_SECURITY_CORS_WILDCARD_CREDENTIALS" });
  });
});

function preflight(app: TestApp, headers: Readonly<Record<string, string>>, path = "/a"): Promise<Response> {
  return app.fetch(path, { method: "OPTIONS", headers: { host: HOST, "access-control-request-method": "POST", ...headers } });
}

describe("a preflight", () => {
  const cors: CorsOptions = { origins: [PARTNER], allowHeaders: ["x-one"], maxAge: "1h" };

  it("from an allowed origin is granted what the route allows", async () => {
    const answer = await preflight(await appOf({ cors }), { origin: PARTNER, "access-control-request-headers": "X-One" });
    assert.equal(answer.status, 204);
    assert.equal(answer.headers.get("access-control-allow-origin"), PARTNER);
    assert.equal(answer.headers.get("access-control-allow-headers"), "x-one");
    assert.equal(answer.headers.get("access-control-max-age"), "3600");
    assert.equal(answer.headers.get("vary"), "origin");
    for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE"] satisfies (Method | "HEAD")[]) {
      assert.ok(answer.headers.get("access-control-allow-methods")?.split(", ").includes(method), method);
    }
  });

  const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    "another origin": { origin: OTHER },
    "the origin null": { origin: "null" },
    "a method the path does not have": { origin: PARTNER, "access-control-request-method": "PATCH" },
    "a method that is none": { origin: PARTNER, "access-control-request-method": "constructor" },
    "a header that is not allowed": { origin: PARTNER, "access-control-request-headers": "x-one, x-two" },
  };
  for (const [what, headers] of Object.entries(refused)) {
    it(`with ${what} is refused with 403, grants nothing, and varies by origin`, async () => {
      const answer = await preflight(await appOf({ cors }), headers);
      assert.equal(answer.status, 403);
      assert.equal(answer.headers.get("vary"), "origin");
      for (const [name] of answer.headers) assert.ok(!name.startsWith("access-control-"), name);
    });
  }

  it("of a route without rules is refused with 403", async () => {
    assert.equal((await preflight(await appOf(), { origin: PARTNER })).status, 403);
  });

  it("asks the rules of the method that is to come", async () => {
    const app = await createApp([
      route.get("/a", { auth: "public" }, () => 1),
      route.post("/a", { auth: "public", cors }, () => 1),
    ]);
    assert.equal((await preflight(app, { origin: PARTNER })).status, 204);
    assert.equal((await preflight(app, { origin: PARTNER, "access-control-request-method": "GET" })).status, 403);
  });

  it("needs no credentials and runs no handler", async () => {
    const auth = { scheme: "t", challenge: "T", identify: () => assert.fail("asked") };
    const app = await createApp([route.post("/a", { auth, cors }, () => assert.fail("ran"))]);
    assert.equal((await preflight(app, { origin: PARTNER })).status, 204);
  });

  it("of a path that is none is a 404", async () => {
    assert.equal((await preflight(await appOf({ cors }), { origin: PARTNER }, "/nowhere")).status, 404);
  });

  it("CVE-2026-69207: costs nothing to speak of, however long its list", async () => {
    const app = await appOf({ cors });
    const before = process.cpuUsage();
    for (let count = 0; count < 20; count++)
      await preflight(app, { origin: PARTNER, "access-control-request-headers": `x${" ".repeat(16_000)},x` });
    const spent = process.cpuUsage(before);
    assert.ok((spent.user + spent.system) / 20_000 < 5, `${(spent.user + spent.system) / 20_000} ms each`);
  });
});
