import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type Rate, SegmentTable } from "#src/core/mod";
import type { LimitRule, RequestView } from "#src/http/contract";
import { type RateOptions, rate } from "#src/ratelimit/rate";
import { createFakeClock } from "#src/testing/fake-clock";

const view = (more: Partial<RequestView> = {}): RequestView => ({
  id: "0",
  method: "GET",
  url: "/orders/1",
  headers: Object.create(null) as RequestView["headers"],
  address: "192.0.2.1",
  scheme: "http",
  host: "",
  route: "/orders/:id",
  ...more,
});

const openers = (memory = new SegmentTable(), clock = createFakeClock()) => {
  return async (rule: LimitRule) => {
    const check = await rule.engine.open([rule], { memory, clock });
    return async (request: Partial<RequestView> = {}, principal?: unknown) => {
      const [decision] = await check(view(request), principal, { atEnd: () => undefined });
      return decision?.allowed;
    };
  };
};

const by = (key: RateOptions["by"], more: Partial<RateOptions> = {}): LimitRule => rate("1/1m", { by: key, ...more });

describe("rate", () => {
  it("is described by its count and window in seconds", () => {
    const rule = rate("100/1.5s", { by: "address", name: "api" });
    assert.deepEqual([rule.name, rule.count, rule.windowSeconds], ["api", 100, 1.5]);
  });

  it("counts by address before credentials are looked at, by anything else after", () => {
    assert.equal(by("address").stage, "address");
    for (const key of ["principal", "route", { header: "x-api-key" }, () => "k"] as const) assert.equal(by(key).stage, "caller");
  });

  it("names a limit for its rate and what it counts by, and no two alike", () => {
    const names = [1, 2]
      .flatMap(() => ["address", "principal", "route", { header: "X-Api-Key" }] as const)
      .map((key) => rate("31/7m", { by: key }).name);
    assert.deepEqual(names.slice(0, 4), ["31/7m-address", "31/7m-principal", "31/7m-route", "31/7m-x-api-key"]);
    assert.equal(names[4], "31/7m-address-2");
    assert.equal(rate("31/7m", { by: () => "k" }).name, "31/7m-key");
  });

  it("refuses a rate, burst, cost or name that cannot work", () => {
    assert.throws(() => rate("0/1m", { by: "address" }), { code: "E_CORE_RATE_INVALID" });
    const faulty: readonly (readonly [Rate, Partial<RateOptions>])[] = [
      ["1000000/1s", {}],
      ["5/1m", { burst: 0 }],
      ["5/1m", { burst: 1.5 }],
      ["5/1m", { burst: Number.NaN }],
      ["5/1m", { burst: Number.POSITIVE_INFINITY }],
      ["5/1m", { cost: 0 }],
      ["5/1m", { cost: -1 }],
      ["5/1m", { cost: 0.5 }],
      ["5/1m", { cost: 6 }],
      ["5/1m", { burst: 2, cost: 3 }],
      ["5/1m", { name: "" }],
      ["5/1m", { name: 'quo"te' }],
      ["5/1m", { name: "back\\slash" }],
      ["5/1m", { name: "line\r\nbreak" }],
      ["5/1m", { name: "x".repeat(65) }],
      ["5/1m", { by: { header: "x api" } }],
    ];
    for (const [text, options] of faulty)
      assert.throws(
        () => rate(text, { by: "address", ...options }),
        { code: "E_RATELIMIT_RULE_INVALID" },
        JSON.stringify(options),
      );
  });

  it("takes the cost of a call and allows the burst asked for", async () => {
    const allowed = await openers()(rate("2/1m", { by: "address", burst: 6, cost: 2 }));
    assert.deepEqual([await allowed(), await allowed(), await allowed(), await allowed()], [true, true, true, false]);
  });

  it("does not count by how an address is spelled (CVE-2026-30827, CVE-2026-24398)", async () => {
    const allowed = await openers()(by("address"));
    assert.equal(await allowed({ address: "192.0.2.7" }), true);
    for (const address of ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:207", "0:0:0:0:0:ffff:192.0.2.7"])
      assert.equal(await allowed({ address }), false, address);
    assert.equal(await allowed({ address: "192.0.2.8" }), true);
  });

  it("does not let a caller rotate through the addresses of their /64 (GHSA-p6v2-xcpg-h6xw)", async () => {
    const allowed = await openers()(by("address"));
    assert.equal(await allowed({ address: "2001:db8::1" }), true);
    assert.equal(await allowed({ address: "2001:db8::ffff:2" }), false);
    assert.equal(await allowed({ address: "2001:db8:0:1::1" }), true);
  });

  it("counts callers without an address as one", async () => {
    const allowed = await openers()(by("address"));
    assert.equal(await allowed({ address: "" }), true);
    assert.equal(await allowed({ address: "unknown" }), false);
  });

  it("does not count by the path as it was sent (CVE-2025-71399)", async () => {
    const urls = [
      "/orders/1",
      "//orders/1",
      "/orders/%31",
      "/./orders/1",
      "/ORDERS/1",
      "/orders/1?x",
      "/orders/1#x",
      "/orders/2",
    ];
    for (const rule of [by("address", { perRoute: true }), by("route"), by("address")]) {
      const allowed = await openers()(rule);
      const passed = await Promise.all(urls.map((url) => allowed({ url })));
      assert.deepEqual(passed, [true, ...urls.slice(1).map(() => false)]);
    }
  });

  it("counts principals by their id, wherever they come from", async () => {
    const allowed = await openers()(by("principal"));
    assert.equal(await allowed({}, { id: "ada" }), true);
    assert.equal(await allowed({ address: "192.0.2.99", route: "/other" }, { id: "ada" }), false);
    assert.equal(await allowed({}, { id: "grace" }), true);
  });

  it("throws instead of letting a caller pass who has no id to count by", async () => {
    const allowed = await openers()(by("principal"));
    for (const principal of [undefined, null, {}, { id: "" }, { id: 7 }, { id: null }, "ada", 0])
      await assert.rejects(
        allowed({}, principal),
        { code: "E_RATELIMIT_PRINCIPAL_MISSING", status: undefined },
        JSON.stringify(principal),
      );
  });

  it("counts by a header in whatever case it was named, and callers without it as one", async () => {
    const allowed = await openers()(by({ header: "X-Api-Key" }));
    assert.equal(await allowed({ headers: { "x-api-key": "k1" } }), true);
    assert.equal(await allowed({ headers: { "x-api-key": "k1" } }), false);
    assert.equal(await allowed({ headers: { "x-api-key": "k2" } }), true);
    assert.equal(await allowed(), true);
    assert.equal(await allowed({ address: "192.0.2.50" }), false);
  });

  it("counts by what a function says of the request and the principal", async () => {
    const allowed = await openers()(by((request, principal) => `${request.method} ${(principal as { tenant: string }).tenant}`));
    assert.equal(await allowed({}, { tenant: "a" }), true);
    assert.equal(await allowed({}, { tenant: "a" }), false);
    assert.equal(await allowed({}, { tenant: "b" }), true);
    assert.equal(await allowed({ method: "POST" }, { tenant: "a" }), true);
  });

  it("throws when a function names nobody", async () => {
    for (const named of ["", undefined, null, 5, {}, Promise.resolve("later")]) {
      const allowed = await openers()(by((() => named) as () => string));
      await assert.rejects(allowed(), { code: "E_RATELIMIT_KEY_INVALID" });
    }
  });

  it("hands on what a function throws", async () => {
    const allowed = await openers()(
      by(() => {
        throw new Error("no tenant");
      }),
    );
    await assert.rejects(allowed(), { message: "no tenant" });
  });

  it("shares one quota between the routes that are given the same value", async () => {
    const open = openers();
    const rule = by("address");
    const [first, second] = [await open(rule), await open(rule)];
    assert.equal(await first({ route: "/a" }), true);
    assert.equal(await second({ route: "/b" }), false);
  });

  it("counts two limits apart that are written alike", async () => {
    const open = openers();
    const [first, second] = [await open(by("address")), await open(by("address"))];
    assert.equal(await first(), true);
    assert.equal(await second(), true);
    assert.equal(await first(), false);
  });

  it("shares one quota between limits that are given the same name", async () => {
    const open = openers();
    const [first, second] = [await open(by("address", { name: "both" })), await open(by("address", { name: "both" }))];
    assert.equal(await first(), true);
    assert.equal(await second(), false);
  });

  it("counts each route by itself when asked to, and no key reaches into another route", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string(), async (one, two) => {
        fc.pre(one !== "" && two !== "");
        const allowed = await openers()(by((request) => request.headers.key as string, { perRoute: true }));
        assert.equal(await allowed({ route: "/a", headers: { key: one } }), true);
        assert.equal(await allowed({ route: "/b", headers: { key: one } }), true);
        assert.equal(await allowed({ route: "/a", headers: { key: two } }), one !== two);
      }),
      { numRuns: 20 },
    );
  });
});
