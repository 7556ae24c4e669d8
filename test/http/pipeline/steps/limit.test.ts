import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuthRule, LimitDecision, LimitRule, RuleResources } from "#src/http/contract";
import { rateLimitPolicy } from "#src/http/pipeline/steps/limit";
import { group, route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { createApp, problemOf } from "../../support.ts";

const allow: LimitDecision = { allowed: true, remaining: 4, resetSeconds: 6, retryAfterSeconds: 0 };
const refuse: LimitDecision = { allowed: false, remaining: 0, resetSeconds: 60, retryAfterSeconds: 12 };

interface FakeRule extends LimitRule {
  readonly calls: unknown[];
}

function limitOf(
  name: string,
  decide: () => LimitDecision | Promise<LimitDecision>,
  stage: LimitRule["stage"] = "address",
): FakeRule {
  const calls: unknown[] = [];
  return {
    name,
    stage,
    count: 5,
    windowSeconds: 60,
    calls,
    open: () => (request, principal) => {
      calls.push([request.address, request.route, principal]);
      return decide();
    },
  };
}

const auth: AuthRule<string> = { scheme: "t", challenge: "T", identify: () => "me" };

describe("a limit", () => {
  it("that allows tells how much is left", async () => {
    const app = await createApp([route.get("/a", { auth: "public", limit: limitOf("basic", () => allow) }, () => 1)]);
    const answer = await app.fetch("/a");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("ratelimit-policy"), '"basic";q=5;w=60');
    assert.equal(answer.headers.get("ratelimit"), '"basic";r=4;t=6');
    assert.equal(answer.headers.get("retry-after"), null);
  });

  for (const [when, decide] of Object.entries({ "at once": () => refuse, later: async () => refuse })) {
    it(`that refuses ${when} is a 429 with Retry-After, and nothing runs`, async () => {
      const app = await createApp([
        route.get("/a", { auth: "public", limit: limitOf("basic", decide) }, () => assert.fail("ran")),
      ]);
      const answer = await app.fetch("/a");
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get("retry-after"), "12");
      assert.equal(answer.headers.get("ratelimit"), '"basic";r=0;t=60');
      assert.equal((await problemOf(answer)).code, "E_HTTP_RATE_LIMITED");
    });
  }

  it("that fails lets nobody through", async () => {
    for (const decide of [
      () => assert.fail("down"),
      () => Promise.reject(new Error("down")),
      () => undefined,
      async () => null,
    ]) {
      const app = await createApp([
        route.get("/a", { auth: "public", limit: limitOf("basic", decide as unknown as () => LimitDecision) }, () =>
          assert.fail("ran"),
        ),
      ]);
      assert.equal((await app.fetch("/a")).status, 500);
    }
  });

  it("by address is counted before credentials are looked at, by caller after", async () => {
    const order: string[] = [];
    const rule: AuthRule<string> = {
      ...auth,
      identify: () => (order.push("identify"), "me"),
      permit: () => (order.push("permit"), true),
    };
    const limits = [
      limitOf("caller", () => (order.push("caller"), allow), "caller"),
      limitOf("address", () => (order.push("address"), allow), "address"),
    ];
    const app = await createApp([route.get("/a", { auth: rule, limit: limits }, () => order.push("handle"))]);
    const answer = await app.fetch("/a");
    assert.deepEqual(order, ["address", "identify", "permit", "caller", "handle"]);
    assert.equal(answer.headers.get("ratelimit"), '"address";r=4;t=6, "caller";r=4;t=6');
    assert.deepEqual(
      limits.map((limit) => limit.calls),
      [[["127.0.0.1", "/a", "me"]], [["127.0.0.1", "/a", undefined]]],
    );
  });

  it("of several that refuses keeps the later ones from counting, at once or later", async () => {
    for (const later of [false, true]) {
      const wrap = (decision: LimitDecision) => () => (later ? Promise.resolve(decision) : decision);
      const limits = [limitOf("first", wrap(allow)), limitOf("second", wrap(refuse)), limitOf("third", wrap(allow))];
      const app = await createApp([route.get("/a", { auth: "public", limit: limits }, () => assert.fail("ran"))]);
      const answer = await app.fetch("/a");
      assert.equal(answer.status, 429);
      assert.equal(answer.headers.get("ratelimit"), '"first";r=4;t=6, "second";r=0;t=60');
      assert.deepEqual(
        limits.map((limit) => limit.calls.length),
        [1, 1, 0],
      );
    }
  });

  it("CVE-2025-71399: knows the route and not the path, so that no spelling has a bucket of its own", async () => {
    const limit = limitOf("basic", () => allow);
    const app = await createApp([route.get("/orders/:id", { auth: "public", limit }, () => 1)]);
    for (const path of ["/orders/1", "/%6frders/1", "/orders/%31", "/orders/2?x"]) await app.fetch(path);
    assert.deepEqual(new Set(limit.calls.map((call) => (call as string[])[1])), new Set(["/orders/:id"]));
    assert.equal(limit.calls.length, 4);
  });

  it("is the innermost that was declared", async () => {
    const [outer, middle, inner] = ["outer", "middle", "inner"].map((name) => limitOf(name, () => allow)) as [
      FakeRule,
      FakeRule,
      FakeRule,
    ];
    const app = await createApp(
      [
        route.get("/a", { auth: "public" }, () => 1),
        ...group({ limit: middle }, [
          route.get("/b", { auth: "public" }, () => 1),
          route.get("/c", { auth: "public", limit: inner }, () => 1),
        ]),
      ],
      { defaults: { limit: outer } },
    );
    for (const path of ["/a", "/b", "/c"]) await app.fetch(path);
    assert.deepEqual(
      [outer, middle, inner].map((limit) => limit.calls.length),
      [1, 1, 1],
    );
    assert.deepEqual(
      app.handler.routes.map((one) => one.limits),
      [["outer (5/60s)"], ["middle (5/60s)"], ["inner (5/60s)"]],
    );
  });

  it("is opened once at boot with what the app gives it, and an app whose limit cannot be opened does not start", async () => {
    const opened: RuleResources[] = [];
    const clock = createFakeClock();
    const rule: LimitRule = { ...limitOf("x", () => allow), open: async (resources) => (opened.push(resources), () => allow) };
    const app = await createApp([route.get("/a", { auth: "public", limit: rule }, () => 1)], { clock });
    await app.fetch("/a");
    await app.fetch("/a");
    assert.equal(opened.length, 1);
    assert.equal(opened[0]?.clock, clock);
    const broken: LimitRule = { ...rule, open: () => Promise.reject(new Error("no store")) };
    await assert.rejects(createApp([route.get("/a", { auth: "public", limit: broken }, () => 1)]), /no store/);
  });
});

describe("the policy field", () => {
  it("lists every limit, its name quoted as structured fields are", () => {
    assert.equal(rateLimitPolicy([]), "");
    assert.equal(
      rateLimitPolicy([limitOf('a"b\\c', () => allow), limitOf("d", () => allow)]),
      '"a\\"b\\\\c";q=5;w=60, "d";q=5;w=60',
    );
  });
});
