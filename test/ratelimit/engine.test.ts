import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SegmentTable } from "#src/core/mod";
import type { AuthRule, LimitCheck, LimitDecisions } from "#src/http/contract";
import { reply } from "#src/http/reply";
import { route } from "#src/http/route";
import type { AccessEntry } from "#src/ratelimit/access-list";
import { limitRefused } from "#src/ratelimit/channels";
import { createLimits } from "#src/ratelimit/create-limits";
import type { Limits, LimitsOptions } from "#src/ratelimit/limits";
import { quota } from "#src/ratelimit/quota";
import { rate } from "#src/ratelimit/rate";
import { openSharedStore } from "#src/ratelimit/shared-store";
import { createFakeClock } from "#src/testing/fake-clock";
import { ratePolicy } from "#src/testing/limit-model";
import { createApp, problemOf } from "../http/support.ts";

const auth: AuthRule<{ id: string }> = {
  scheme: "t",
  challenge: "T",
  identify: ({ headers }) => ({ id: headers["x-user"] ?? "nobody" }),
};
const signal = new AbortController().signal;

async function openLimits(options: Partial<LimitsOptions> = {}): Promise<Limits> {
  const limits = createLimits({ memory: new SegmentTable(), clock: createFakeClock(), ...options });
  await limits.start?.(signal);
  return limits;
}

const OTHER = "198.51.100.7";

/** A limit of one call per key that the caller chooses, and how it decides. */
async function openByKey(options: Partial<LimitsOptions>) {
  const limits = await openLimits(options);
  const rule = rate("1/1h", { by: { header: "x-key" } });
  const check = await rule.engine.open([rule], { memory: new SegmentTable(), clock: createFakeClock(), limits });
  const call = { headers: {}, route: "/a", id: "", method: "GET", url: "/a", scheme: "http", host: "" } as const;
  const decide = async (address: string, key: string): Promise<string> => {
    const [decision] = await check({ ...call, address, headers: { "x-key": key } }, undefined, { atEnd: () => undefined });
    if (decision === null || decision === undefined) return "uncounted";
    return decision.allowed ? "passed" : (decision.refusal ?? "refused");
  };
  return { limits, decide };
}

/** Statuses of so many calls. */
async function statuses(
  app: Awaited<ReturnType<typeof createApp>>,
  path: string,
  calls: number,
  user = "ada",
): Promise<number[]> {
  const seen: number[] = [];
  for (let call = 0; call < calls; call += 1) seen.push((await app.fetch(path, { headers: { "x-user": user } })).status);
  return seen;
}

const passed = (seen: readonly number[]): number => seen.filter((status) => status < 400).length;

describe("limits of a route", () => {
  it("take from all of them or from none", async () => {
    const [wide, narrow] = [rate("10/1h", { by: "route" }), rate("2/1h", { by: "principal" })];
    const app = await createApp([
      route.get("/both", { auth, limit: [wide, narrow] }, () => 1),
      route.get("/wide", { auth, limit: wide }, () => 1),
    ]);
    assert.equal(passed(await statuses(app, "/both", 20)), 2);
    const answer = await app.fetch("/both", { headers: { "x-user": "ada" } });
    assert.match(answer.headers.get("ratelimit") ?? "", /r=8;t=\d+, .*r=0;t=\d+$/);
    assert.ok(Number(answer.headers.get("retry-after")) > 1_000);
  });

  it("skip whom they are told to skip", async () => {
    const limit = rate("1/1h", { by: "principal", skip: (_, principal) => (principal as { id: string }).id === "staff" });
    const app = await createApp([route.get("/a", { auth, limit }, () => 1)]);
    assert.equal(passed(await statuses(app, "/a", 5, "staff")), 5);
    assert.equal(passed(await statuses(app, "/a", 5)), 1);
  });

  it("cost what a function says, and nothing for nothing", async () => {
    const limit = rate("10/1h", { by: "principal", cost: ({ headers }) => Number(headers["x-cost"]) });
    const app = await createApp([route.get("/a", { auth, limit }, () => 1)]);
    const call = async (cost: string): Promise<number> => (await app.fetch("/a", { headers: { "x-cost": cost } })).status;
    for (const [cost, status] of [
      ["4", 200],
      ["6", 200],
      ["1", 429],
      ["0", 200],
      ["11", 500],
      ["-1", 500],
      ["1.5", 500],
      ["x", 500],
    ] as const)
      assert.equal(await call(cost), status, cost);
  });

  it("only watch in shadow mode: report, refuse nobody, are shown to nobody", async (t) => {
    const seen: boolean[] = [];
    t.after(limitRefused.subscribe(({ shadow }) => seen.push(shadow)));
    const limit = [rate("2/1h", { by: "principal", shadow: true }), rate("100/1h", { by: "principal", name: "real" })];
    const app = await createApp([route.get("/a", { auth, limit }, () => 1)]);
    assert.equal(passed(await statuses(app, "/a", 5)), 5);
    assert.deepEqual(seen, [true, true, true]);
    const { headers } = await app.fetch("/a", { headers: { "x-user": "ada" } });
    assert.equal(headers.get("ratelimit-policy"), '"real";q=100;w=3600');
    assert.match(headers.get("ratelimit") ?? "", /^"real";r=94;t=\d+$/);
  });

  it("count failed answers only, for sign-ins, however many are under way at once", async () => {
    const limit = rate("3/1h", { by: "address", countWhen: "failed" });
    let wrong = false;
    const app = await createApp([
      route.post("/sign-in", { auth: "public", csrf: "none", limit }, async () => {
        await new Promise(setImmediate);
        return reply.json(wrong ? 401 : 200, {});
      }),
    ]);
    const call = async (): Promise<number> => (await app.fetch("/sign-in", { method: "POST" })).status;
    for (let round = 0; round < 10; round += 1) assert.equal(await call(), 200);
    wrong = true;
    const tries = await Promise.all(Array.from({ length: 20 }, call));
    assert.equal(tries.filter((status) => status === 401).length, 3);
    assert.equal(await call(), 429);
  });

  it("count as a function of the status says", async () => {
    const limit = rate("2/1h", { by: "address", countWhen: (status) => status === 404 });
    const app = await createApp([
      route.get("/a/:id", { auth: "public", limit }, ({ params }) => reply.json(params.id === "known" ? 200 : 404, {})),
    ]);
    const seen = [...(await statuses(app, "/a/known", 5)), ...(await statuses(app, "/a/guess", 5))];
    assert.deepEqual(seen, [200, 200, 200, 200, 200, 404, 404, 429, 429, 429]);
  });

  it("are quotas of the calendar beside rates", async () => {
    const clock = createFakeClock(Date.UTC(2026, 0, 31, 23, 59));
    const limit = [rate("100/1s", { by: "principal" }), quota("3/month", { by: "principal", name: "plan" })];
    const app = await createApp([route.get("/a", { auth, limit }, () => 1)], { clock });
    assert.equal(passed(await statuses(app, "/a", 5)), 3);
    const refused = await app.fetch("/a", { headers: { "x-user": "ada" } });
    assert.deepEqual([refused.status, refused.headers.get("retry-after")], [429, "60"]);
    assert.match(refused.headers.get("ratelimit-policy") ?? "", /"plan";q=3;w=2678400/);
    clock.advance(60_000);
    assert.equal(passed(await statuses(app, "/a", 5)), 3);
  });
});

describe("rules", () => {
  it("that cannot work are refused", () => {
    for (const make of [
      () => quota("0/day", { by: "principal" }),
      () => quota("1/week" as never, { by: "principal" }),
      () => quota("1/day", { by: "principal", timezone: "Mars/Olympus" }),
      () => quota("5/day", { by: "principal", cost: 6 }),
      () => rate("5/1m", { by: "principal", degrade: "maybe" as never }),
    ])
      assert.throws(make, { code: "E_RATELIMIT_RULE_INVALID" });
  });

  it("count only in what createLimits has made and the app has started", async () => {
    const limit = rate("1/1m", { by: "address" });
    const routes = [route.get("/a", { auth: "public", limit }, () => 1)];
    for (const limits of [{}, "memory", createLimits({ memory: new SegmentTable() })])
      await assert.rejects(createApp(routes, { limits }), { code: "E_RATELIMIT_LIMITS_INVALID" });
  });
});

describe("limits as a service", () => {
  const open = async (options: Partial<LimitsOptions> = {}) => {
    const limits = await openLimits(options);
    const limit = rate("2/1h", { by: "address", name: "few" });
    const app = await createApp([route.get("/a", { auth: "public", limit }, () => 1)], { limits });
    return { limits, limit, app, call: async () => (await app.fetch("/a")).status };
  };

  it("share their counts between routes and meters", async () => {
    const { limits, limit, call } = await open();
    assert.equal((await limits.meter(limit).take("127.0.0.1")).allowed, true);
    assert.deepEqual([await call(), await call()], [200, 429]);
    assert.equal((await limits.meter(limit).take("127.0.0.1")).allowed, false);
  });

  it("refuse a meter keys that name nobody", async () => {
    const { limits, limit } = await open();
    for (const key of ["", undefined, null, 7])
      await assert.rejects(limits.meter(limit).take(key as string), { code: "E_RATELIMIT_KEY_INVALID" }, String(key));
    await assert.rejects(limits.meter(limit).take("", 0), { code: "E_RATELIMIT_KEY_INVALID" });
    assert.equal((await limits.meter(limit).take(" ")).allowed, true);
  });

  it("refuse a meter costs that cannot be", async () => {
    const { limits, limit } = await open();
    await assert.rejects(limits.meter(limit).take("x", 3), { code: "E_RATELIMIT_COST_INVALID" });
    assert.equal((await limits.meter(limit).take("x", 0)).allowed, true);
  });

  it("let a meter pass that only watches", async () => {
    const { limits } = await open();
    const meter = limits.meter(rate("1/1h", { by: "address", shadow: true }));
    for (const _ of [1, 2, 3]) assert.equal((await meter.take("x")).allowed, true);
  });

  it("show and reset what a key has used", async () => {
    const { limits, call } = await open();
    await call();
    assert.deepEqual(await limits.show("127.0.0.1"), [{ policy: "few", allowed: true, remaining: 1, resetSeconds: 1_800 }]);
    await call();
    assert.deepEqual(await limits.reset("127.0.0.1"), ["few"]);
    assert.deepEqual([await call(), await call(), await call()], [200, 200, 429]);
    await assert.rejects(limits.reset("127.0.0.1", { policy: "other" }), { code: "E_RATELIMIT_POLICY_UNKNOWN" });
  });

  it("block addresses, networks and keys until their time is over, and let others through", async () => {
    const clock = createFakeClock();
    const { limits, app } = await open({ clock });
    for (const subject of ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1"]) {
      await limits.ban(subject, { for: "10m", reason: "scraping" });
      const answer = await app.fetch("/a");
      assert.deepEqual([answer.status, answer.headers.get("retry-after")], [403, "600"], subject);
      assert.equal((await problemOf(answer)).code, "E_HTTP_CALLER_BLOCKED");
      clock.advance(600_000);
      assert.equal((await app.fetch("/a")).status, 200);
      assert.deepEqual(limits.access(), []);
      await limits.reset("127.0.0.1");
    }
    await limits.ban("10.0.0.0/8");
    assert.equal((await app.fetch("/a")).status, 200);
  });

  it("let through whom the program was set up to, and block whom not, whatever operators say of others", async () => {
    const allowed = await open({ allow: ["loopback"] });
    await allowed.limits.ban("127.0.0.0/8");
    for (let call = 0; call < 5; call += 1) assert.equal(await allowed.call(), 200);
    const blocked = await open({ block: ["127.0.0.1"] });
    assert.equal(await blocked.call(), 403);
    assert.deepEqual(blocked.limits.access(), [{ subject: "127.0.0.1", verdict: "block", until: null, reason: "configured" }]);
    assert.throws(() => createLimits({ memory: new SegmentTable(), block: ["10.0.0.0/33"] }), {
      code: "E_RATELIMIT_SUBJECT_INVALID",
    });
  });

  it("block principals by their id, also where limits count per route", async () => {
    const limits = await openLimits();
    const limit = rate("9/1h", { by: "principal", perRoute: true });
    const app = await createApp([route.get("/a", { auth, limit }, () => 1)], { limits });
    await limits.ban("ada");
    assert.deepEqual([await statuses(app, "/a", 1, "ada"), await statuses(app, "/a", 1, "bob")], [[403], [200]]);
    await limits.unban("ada");
    assert.deepEqual(await statuses(app, "/a", 1, "ada"), [200]);
  });

  it("match addresses and networks by the caller's address alone, keys by the key alone", async () => {
    for (const subject of ["10.9.9.9", "10.9.9.0/24", "loopback", "unix", "2001:db8::1", "2001:db8::/32"]) {
      const { decide } = await openByKey({ allow: [subject] });
      assert.deepEqual([await decide(OTHER, subject), await decide(OTHER, subject)], ["passed", "refused"], `${subject} allowed`);
      const blocked = await openByKey({ block: [subject] });
      assert.equal(await blocked.decide(OTHER, subject), "passed", `${subject} blocked`);
    }
    const { decide } = await openByKey({ allow: [OTHER, "partner"], block: ["10.9.9.9", "mallory"] });
    assert.deepEqual([await decide(OTHER, "any"), await decide("192.0.2.9", "partner")], ["uncounted", "uncounted"]);
    assert.deepEqual([await decide("10.9.9.9", "any"), await decide("192.0.2.9", "mallory")], ["blocked", "blocked"]);
  });

  it("hold a block of an address whatever key it comes with, unless the address is allowed too", async () => {
    const { limits, decide } = await openByKey({ allow: ["partner"], block: ["198.51.100.0/24"] });
    assert.deepEqual([await decide(OTHER, "partner"), await decide("192.0.2.9", "partner")], ["blocked", "uncounted"]);
    await limits.allow(OTHER);
    assert.deepEqual([await decide(OTHER, "any"), await decide("198.51.100.8", "partner")], ["uncounted", "blocked"]);
    await limits.ban("mallory");
    assert.deepEqual([await decide(OTHER, "mallory"), await decide("192.0.2.9", "mallory")], ["uncounted", "blocked"]);
  });

  it("are one for all threads of the process", async () => {
    const memory = new SegmentTable();
    const [one, two] = [await open({ memory }), await open({ memory })];
    await one.limits.ban("127.0.0.1");
    assert.equal(await two.call(), 403);
    await two.limits.unban("127.0.0.1");
    assert.equal(await one.call(), 200);
  });

  it("hold a thousand entries, and say so when there are more", async () => {
    const { limits } = await open();
    for (let entry = 0; entry < 1_000; entry += 1) await limits.ban(`user-${entry}`);
    await assert.rejects(limits.ban("one more"), { code: "E_RATELIMIT_ACCESS_FULL" });
    assert.equal(limits.access().length, 1_000);
  });

  it("know who was refused most, in bounded memory, and show no credential", async () => {
    const limits = await openLimits();
    const plain = limits.meter(rate("1/1h", { by: "principal", name: "plain" }));
    const secret = limits.meter(rate("1/1h", { by: { header: "x-api-key" }, name: "secret" }));
    for (let call = 0; call < 500; call += 1) await plain.take("mallory");
    for (let call = 0; call < 50; call += 1) await secret.take("sk_live_1");
    for (let key = 0; key < 300; key += 1) for (const _ of [1, 2]) await plain.take(`crowd ${key}`);
    const [first, second] = limits.top(2);
    assert.deepEqual([first?.policy, first?.key, first?.refusals, first?.atLeast], ["plain", "mallory", 499, 499]);
    assert.equal(second?.policy, "secret");
    assert.match(second?.key ?? "", /^sha256:[0-9a-f]{12}$/);
    assert.ok(limits.top(1_000).length <= 128);
  });

  it("show operators whether a key is blocked or let through, and by which entry", async () => {
    const clock = createFakeClock();
    const limits = await openLimits({ clock, allow: ["partner"], block: ["2001:db8::/32", "2001:db9:1:2::5"] });
    const shown = async (key: string): Promise<string | undefined> => {
      const { access = null } = { ...(await limits.actions["show"]?.run({ key })) } as { access?: AccessEntry | null };
      return access === null ? undefined : `${access.verdict} ${access.subject}`;
    };
    await limits.ban("10.0.0.0/8", { for: "1h", reason: "scraping" });
    await limits.allow("10.1.1.1");
    await limits.ban("2001:db9:7::/80");
    await limits.ban("unix");
    await limits.ban("ada");
    for (const [key, expected] of [
      ["ada", "block ada"],
      ["partner", "allow partner"],
      ["10.9.9.9", "block 10.0.0.0/8"],
      ["::ffff:10.9.9.9", "block 10.0.0.0/8"],
      ["10.0.0.0/8", "block 10.0.0.0/8"],
      ["10.1.1.1", "allow 10.1.1.1"],
      ["2001:db8:1:2::/64", "block 2001:db8::/32"],
      ["2001:db9:1:2::5", "block 2001:db9:1:2::5"],
      // A part of the network does not speak for all of it.
      ["2001:db9:1:2::/64", undefined],
      ["2001:db9:7::/64", undefined],
      ["unix", "block unix"],
      ["bob", undefined],
    ] as const)
      assert.equal(await shown(key), expected, key);
    clock.advance(3_600_000);
    assert.equal(await shown("10.9.9.9"), undefined);
  });

  it("take only inputs of operators that make sense", async () => {
    const limits = await openLimits();
    const run = (name: string, input: Record<string, unknown>): unknown => limits.actions[name]?.run(input);
    for (const [name, input] of [
      ["ban", {}],
      ["ban", { subject: "" }],
      ["ban", { subject: 7 }],
      ["show", {}],
      ["reset", { key: null }],
      ["ban", { subject: "x", for: "" }],
      ["ban", { subject: "x", for: "xx" }],
      ["ban", { subject: "x", for: "-1h" }],
      ["ban", { subject: "x", for: "0s" }],
      ["ban", { subject: "x", for: "999999999999d" }],
      ["allow", { subject: "x", for: 5 }],
      ["top", { most: "abc" }],
      ["top", { most: "0" }],
      ["top", { most: "-1" }],
      ["top", { most: "1.5" }],
      ["top", { most: "1e3" }],
    ] as const)
      await assert.rejects(async () => run(name, input), { code: "E_CORE_INPUT_INVALID", status: 400 });
    await assert.rejects(async () => run("ban", { subject: "10.0.0.0/99" }), { code: "E_RATELIMIT_SUBJECT_INVALID" });
    assert.deepEqual(await run("list", {}), { entries: [] });
    await assert.rejects(async () => run("ban", { subject: "x", for: "xx" }), { message: /`for`.*"30s"/ });
    await assert.rejects(async () => run("top", { most: "abc" }), { message: /`most`.*whole number/ });
    assert.deepEqual(await run("top", { most: "5" }), { offenders: [] });
  });
});

describe("the table under a million keys", () => {
  it("stays as large as it is, and lets nobody through more often than before", async () => {
    const memory = new SegmentTable();
    const rules = [rate("5/1h", { by: "address" }), quota("5/month", { by: "address" })];
    const clock = createFakeClock(Date.UTC(2026, 5, 20));
    const checks: LimitCheck[] = [];
    for (const rule of rules) checks.push(await rule.engine.open([rule], { memory, clock }));
    const before = [...memory.sizes()];
    const view = { address: "", headers: {}, route: "/a", id: "", method: "GET", url: "/a", scheme: "http", host: "" } as const;
    const ask = (check: LimitCheck, address: string): boolean => {
      const [decision] = check({ ...view, address }, undefined, { atEnd: () => undefined }) as LimitDecisions;
      return decision?.allowed === true;
    };
    for (const check of checks) {
      let passed = 0;
      for (let call = 0; call < 9; call += 1) if (ask(check, "192.0.2.1")) passed += 1;
      assert.equal(passed, 5);
    }
    for (let key = 0; key < 1_000_000; key += 1)
      ask(checks[key % 2] as LimitCheck, `10.${key >> 16}.${(key >> 8) & 255}.${key & 255}`);
    for (const check of checks) assert.equal(ask(check, "192.0.2.1"), false);
    assert.deepEqual([...memory.sizes()], before);
  });

  it("never lets a quota through more often, whoever is forgotten, whenever in the month", async () => {
    for (const day of [1, 15, 31]) {
      const clock = createFakeClock(Date.UTC(2026, 4, day, 12));
      const store = await openSharedStore({ memory: new SegmentTable(), clock, entries: 8 });
      const meters = [
        store.meter({ kind: "quota", name: "monthly", count: 4, unit: "month", timezone: "UTC" }),
        store.meter({ kind: "quota", name: "hourly", count: 3, unit: "hour", timezone: "UTC" }),
        store.meter(ratePolicy(5, 60_000)),
      ];
      const through = new Map<string, number>();
      for (let call = 0; call < 3_000; call += 1) {
        const [meter, key] = [call % 3, `caller ${(call * 7) % 20}`];
        if (meters[meter]?.take(key, 1).allowed === true)
          through.set(`${meter} ${key}`, (through.get(`${meter} ${key}`) ?? 0) + 1);
      }
      for (const [who, times] of through)
        assert.ok(times <= ([4, 3, 5][Number(who[0])] as number), `${who}: ${times} on day ${day}`);
    }
  });
});
