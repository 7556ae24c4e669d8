import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AuthRule, LimitDecision, LimitDecisions, LimitEngine, LimitRule, RuleResources } from "#src/http/contract";
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
    engine: {
      open: () => (request, principal) => {
        calls.push([request.address, request.route, principal]);
        const decision = decide();
        return decision instanceof Promise ? decision.then((later) => [later]) : [decision];
      },
    },
  };
}

/** Rules of one engine, which gives these decisions for every call. */
function rulesOf(decisions: LimitDecisions, more: Partial<LimitRule> = {}): LimitRule[] {
  const engine: LimitEngine = { open: () => () => decisions };
  return decisions.map((_, index) => ({ name: `n${index}`, stage: "address", count: 5, windowSeconds: 60, engine, ...more }));
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
      async () => undefined,
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
    const engine: LimitEngine = { open: async (_, resources) => (opened.push(resources), () => [allow]) };
    const rule: LimitRule = { ...limitOf("x", () => allow), engine };
    const limits = { name: "mine" };
    const app = await createApp([route.get("/a", { auth: "public", limit: rule }, () => 1)], { clock, limits });
    await app.fetch("/a");
    await app.fetch("/a");
    assert.equal(opened.length, 1);
    assert.equal(opened[0]?.clock, clock);
    assert.equal(opened[0]?.limits, limits);
    const broken: LimitRule = { ...rule, engine: { open: () => Promise.reject(new Error("no store")) } };
    await assert.rejects(createApp([route.get("/a", { auth: "public", limit: broken }, () => 1)]), /no store/);
  });
});

describe("limits of one engine", () => {
  it("are opened together, stage by stage, and asked once per request", async () => {
    const opened: string[][] = [];
    let asked = 0;
    const engine: LimitEngine = {
      open: (rules) => {
        opened.push(rules.map(({ name }) => name));
        return () => (asked++, rules.map(() => allow));
      },
    };
    const rules = rulesOf([allow, allow, allow], { engine });
    const last: LimitRule = { ...(rules[2] as LimitRule), stage: "caller" };
    const limit = [...rules.slice(0, 2), last];
    const app = await createApp([route.get("/a", { auth, limit }, () => 1)]);
    const answer = await app.fetch("/a");
    assert.deepEqual(opened, [["n0", "n1"], ["n2"]]);
    assert.equal(asked, 2);
    assert.equal(answer.headers.get("ratelimit"), '"n0";r=4;t=6, "n1";r=4;t=6, "n2";r=4;t=6');
  });

  it("tell a refused caller the longest wait of all that refuse, and what each has left", async () => {
    const limit = rulesOf([{ ...refuse, retryAfterSeconds: 5 }, allow, { ...refuse, retryAfterSeconds: 30 }]);
    const app = await createApp([route.get("/a", { auth: "public", limit }, () => assert.fail("ran"))]);
    const answer = await app.fetch("/a");
    assert.equal(answer.headers.get("retry-after"), "30");
    assert.equal(answer.headers.get("ratelimit"), '"n0";r=0;t=60, "n1";r=4;t=6, "n2";r=0;t=60');
    assert.match((await problemOf(answer)).detail ?? "", /"n2".*30 s/);
  });

  it("say nothing where one has nothing to say", async () => {
    const app = await createApp([route.get("/a", { auth: "public", limit: rulesOf([null, allow]) }, () => 1)]);
    assert.equal((await app.fetch("/a")).headers.get("ratelimit"), '"n1";r=4;t=6');
    const silent = await createApp([route.get("/a", { auth: "public", limit: rulesOf([null]) }, () => 1)]);
    assert.equal((await silent.fetch("/a")).headers.get("ratelimit"), null);
  });

  it("that only watch are not in the policy field", async () => {
    const app = await createApp([route.get("/a", { auth: "public", limit: rulesOf([null], { shadow: true }) }, () => 1)]);
    assert.equal((await app.fetch("/a")).headers.get("ratelimit-policy"), null);
  });

  it("answer 403 to a blocked caller, with a time to come back only if there is one, and 503 where nothing can be counted", async () => {
    for (const [refusal, retryAfterSeconds, status, code] of [
      ["blocked", 0, 403, "E_HTTP_CALLER_BLOCKED"],
      ["blocked", 60, 403, "E_HTTP_CALLER_BLOCKED"],
      ["undecided", 1, 503, "E_HTTP_LIMIT_UNDECIDED"],
    ] as const) {
      const limit = rulesOf([
        { ...refuse, retryAfterSeconds: 99 },
        { ...refuse, refusal, retryAfterSeconds: 100 * retryAfterSeconds },
      ]);
      const app = await createApp([route.get("/a", { auth: "public", limit }, () => assert.fail("ran"))]);
      const answer = await app.fetch("/a");
      assert.deepEqual([answer.status, (await problemOf(answer)).code], [status, code]);
      assert.equal(answer.headers.get("retry-after"), retryAfterSeconds === 0 ? null : String(100 * retryAfterSeconds));
    }
  });

  it("that give too few decisions let nobody through", async () => {
    const engine: LimitEngine = { open: () => () => [] };
    const limit = rulesOf([allow, allow], { engine });
    const app = await createApp([route.get("/a", { auth: "public", limit }, () => assert.fail("ran"))]);
    assert.equal((await app.fetch("/a")).status, 500);
  });

  it("learn how the call ended, whatever became of it", async () => {
    const statuses: number[] = [];
    const engine: LimitEngine = { open: () => (_, __, call) => (call.atEnd((status) => statuses.push(status)), [allow]) };
    const limit = rulesOf([allow], { engine });
    const app = await createApp([
      route.get("/good", { auth: "public", limit }, () => 1),
      route.get("/bad", { auth: "public", limit }, () => {
        throw new Error("bad");
      }),
      route.get("/refused", { auth: "public", limit: [...limit, ...rulesOf([refuse])] }, () => 1),
    ]);
    for (const path of ["/good", "/bad", "/refused"]) await app.fetch(path);
    assert.deepEqual(statuses, [200, 500, 429]);
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
