import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { SegmentTable } from "#src/core/shared-memory";
import { createCache } from "#src/cache/create-cache";
import type { Cache } from "#src/cache/contract";
import { type ResponseCacheOptions, cacheResponse } from "#src/cache/http";
import { type ErrorCatalogue, defineErrors } from "#src/core/error";
import type { AuthRule, Handler, Policies } from "#src/http/contract";
import { errors as httpErrors } from "#src/http/errors";
import { reply } from "#src/http/reply";
import { group, route } from "#src/http/route";
import { createFakeClock } from "#src/testing/fake-clock";
import { type TestApp, createApp } from "../http/support.ts";

const errors: ErrorCatalogue<{ MISSING: object; BROKEN: object }> = defineErrors("shop", {
  MISSING: { status: 404, title: "Missing", message: () => "There is none." },
  BROKEN: { status: 503, title: "Broken", message: () => "It does not work." },
});

const byHeader: AuthRule<{ readonly id: string }> = {
  scheme: "test",
  challenge: "Test",
  identify({ headers }) {
    const id = headers["x-user"];
    if (id === undefined) throw httpErrors.FORBIDDEN({});
    return { id };
  },
};

type RuleOptions = Partial<Omit<ResponseCacheOptions, "cache">>;

interface Shop extends TestApp {
  readonly cache: Cache;
  readonly clock: ReturnType<typeof createFakeClock>;
  runs(): number;
  get(path?: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

/** `GET /products`, and `/products/:id`, answered by a handler whose runs are counted, under a rule. */
async function openShop(t: TestContext, handler: Handler, rule: RuleOptions = {}, policies: Policies = {}): Promise<Shop> {
  const clock = createFakeClock();
  const cache = createCache({ memory: new SegmentTable(), clock });
  await cache.start();
  t.after(() => cache.stop());
  let runs = 0;
  const counted: Handler = (c) => {
    runs += 1;
    return handler(c);
  };
  const contract = {
    auth: rule.by === "principal" ? byHeader : ("public" as const),
    cache: cacheResponse({ cache, ttl: "1m", by: "public", ...rule }),
    ...policies,
  };
  const app = await createApp([route.get("/products", contract, counted), route.get("/products/:id", contract, counted)], {
    clock,
  });
  const get = (path = "/products", headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    app.fetch(path, { headers });
  return { ...app, cache, clock, runs: () => runs, get };
}

const statusOf = (answer: Response): string | null => answer.headers.get("cache-status");

describe("a cached route", () => {
  it("runs once and answers everybody alike, with its age and a tag", async (t) => {
    let version = 0;
    const shop = await openShop(t, () => ({ version: ++version }));
    const first = await shop.get();
    shop.clock.advance(5_500);
    const second = await shop.get();
    assert.equal(shop.runs(), 1);
    assert.equal(await first.text(), await second.text());
    assert.equal(statusOf(first), "plinth; fwd=miss; stored");
    assert.equal(statusOf(second), "plinth; hit");
    assert.equal(first.headers.get("age"), null);
    assert.equal(second.headers.get("age"), "5");
    assert.equal(first.headers.get("etag"), second.headers.get("etag"));
    assert.match(second.headers.get("etag") ?? "", /^"[\w-]{22}"$/);
    assert.equal(second.headers.get("content-type"), "application/json; charset=utf-8");
    assert.notEqual(first.headers.get("x-request-id"), second.headers.get("x-request-id"));
  });

  it("makes the answer anew after its ttl", async (t) => {
    const shop = await openShop(t, () => ({ at: shop.runs() }));
    await shop.get();
    shop.clock.advance(61_000);
    assert.deepEqual(await (await shop.get()).json(), { at: 2 });
  });

  it("answers 304 to who has it, from the cache", async (t) => {
    const shop = await openShop(t, () => reply.text("hello"));
    const etag = (await shop.get()).headers.get("etag") ?? "";
    const again = await shop.get("/products", { "if-none-match": etag });
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
    assert.equal(again.headers.get("etag"), etag);
    assert.equal((await shop.get("/products", { "if-none-match": '"other"' })).status, 200);
    assert.equal(shop.runs(), 1);
  });

  it("answers HEAD from what is kept, and keeps nothing of a HEAD", async (t) => {
    const shop = await openShop(t, ({ request }) => (request.method === "HEAD" ? reply.empty(200) : { long: "answer" }));
    await shop.fetch("/products", { method: "HEAD" });
    assert.equal(statusOf(await shop.get()), "plinth; fwd=miss; stored");
    const head = await shop.fetch("/products", { method: "HEAD" });
    assert.equal(statusOf(head), "plinth; hit");
    assert.equal(head.headers.get("content-length"), String(JSON.stringify({ long: "answer" }).length));
    assert.equal(shop.runs(), 2);
  });

  it("runs one handler for many who ask at one time", async (t) => {
    const gate = Promise.withResolvers<void>();
    const shop = await openShop(t, async () => {
      await gate.promise;
      return { ok: true };
    });
    const answers = Array.from({ length: 40 }, () => shop.get());
    await new Promise(setImmediate);
    gate.resolve();
    for (const answer of await Promise.all(answers)) assert.deepEqual(await answer.json(), { ok: true });
    assert.equal(shop.runs(), 1);
  });

  it("shares tags with data", async (t) => {
    const shop = await openShop(t, () => reply.json(200, { ok: true }, { headers: { "cache-tag": "from-answer, more" } }), {
      tags: ({ params }) => [`product:${(params as { id?: string }).id ?? "all"}`],
    });
    for (const tag of ["product:7", "from-answer", "more"]) {
      await shop.get("/products/7");
      const runs = shop.runs();
      await shop.get("/products/7");
      assert.equal(shop.runs(), runs);
      await shop.cache.invalidateTags([tag]);
      await shop.get("/products/7");
      assert.equal(shop.runs(), runs + 1, tag);
    }
    await shop.cache.invalidateTags(["product:8"]);
    const runs = shop.runs();
    await shop.get("/products/7");
    assert.equal(shop.runs(), runs);
  });

  it("serves what is stale within its grace, and makes it anew behind that", async (t) => {
    let broken = false;
    const shop = await openShop(
      t,
      () => {
        if (broken) throw errors.BROKEN({});
        return { run: shop.runs() };
      },
      { grace: "1h" },
    );
    await shop.get();
    shop.clock.advance(120_000);
    broken = true;
    const stale = await shop.get();
    assert.deepEqual(await stale.json(), { run: 1 });
    assert.equal(stale.headers.get("age"), "120");
    // A value that could not be made anew is not tried again with every request.
    for (let turn = 0; turn < 1_000 && shop.runs() === 1; turn += 1) await new Promise(setImmediate);
    broken = false;
    const now = async (): Promise<unknown> => ((await (await shop.get()).json()) as { readonly run: number }).run;
    for (let turn = 0; turn < 1_000 && (await now()) === 1; turn += 1) {
      shop.clock.advance(2_000);
      await new Promise(setImmediate);
    }
    assert.equal(await now(), 3);
    assert.equal(shop.runs(), 3);
  });

  it("hands on failures and keeps none", async (t) => {
    let broken = true;
    const shop = await openShop(t, () => {
      if (broken) throw errors.BROKEN({});
      return { ok: true };
    });
    for (const answer of await Promise.all([shop.get(), shop.get(), shop.get()])) assert.equal(answer.status, 503);
    broken = false;
    assert.equal((await shop.get()).status, 200);
  });

  it("keeps a 404 for as long as is said, thrown or returned", async (t) => {
    for (const missing of [
      () => {
        throw errors.MISSING({});
      },
      () => reply.json(404, { code: "E_SHOP_MISSING" }),
    ]) {
      const shop = await openShop(t, missing, { negative: "10s" });
      for (const _ of [1, 2]) {
        const answer = await shop.get("/products/7");
        assert.equal(answer.status, 404);
        assert.equal(((await answer.json()) as { code: string }).code, "E_SHOP_MISSING");
      }
      assert.equal(shop.runs(), 1);
      shop.clock.advance(11_000);
      await shop.get("/products/7");
      assert.equal(shop.runs(), 2);
      const without = await openShop(t, missing);
      await without.get("/products/7");
      await without.get("/products/7");
      assert.equal(without.runs(), 2);
    }
  });

  const KEYS: Readonly<Record<string, readonly [path: string, headers?: Readonly<Record<string, string>>]>> = {
    "another path": ["/products/7"],
    "another query": ["/products?a=1"],
    "another order of one parameter": ["/products?a=2&a=1"],
    "another language": ["/products", { "accept-language": "de" }],
  };
  it("keeps apart what may be answered in another way", async (t) => {
    const shop = await openShop(t, ({ request }) => ({ url: request.url }), { vary: ["Accept-Language"] });
    await shop.get("/products?a=1&a=2");
    for (const [what, [path, headers]] of Object.entries(KEYS)) {
      const runs = shop.runs();
      const answer = await shop.get(path, headers);
      assert.equal(shop.runs(), runs + 1, what);
      assert.match(answer.headers.get("vary") ?? "", /accept-language/);
    }
    await shop.get("/products?b=1&a=1");
    const runs = shop.runs();
    await shop.get("/products?a=1&b=1");
    assert.equal(shop.runs(), runs, "the order of parameters of different names");
  });

  it("keeps hosts apart, so that nobody can plant an answer for another one", async (t) => {
    const shop = await openShop(t, ({ request }) => ({ host: request.host }));
    const at = async (host: string): Promise<unknown> => (await shop.fetch("/products", { headers: { host } })).json();
    assert.notDeepEqual(await at("evil.example"), await at("shop.example"));
  });

  it("goes past the cache for requests with cookies or credentials, unless they make no difference", async (t) => {
    for (const headers of [{ cookie: "session=a" }, { authorization: "Bearer a" }]) {
      const shop = await openShop(t, () => ({ ok: true }));
      await shop.get();
      assert.equal(statusOf(await shop.get("/products", headers)), "plinth; fwd=bypass");
      assert.equal(shop.runs(), 2);
      const same = await openShop(t, () => ({ ok: true }), { sameForAll: true });
      await same.get();
      assert.equal(statusOf(await same.get("/products", headers)), "plinth; hit");
    }
    const varied = await openShop(t, ({ cookies }) => ({ theme: cookies["theme"] }), { vary: ["cookie"] });
    assert.deepEqual(await (await varied.get("/products", { cookie: "theme=a" })).json(), { theme: "a" });
    assert.deepEqual(await (await varied.get("/products", { cookie: "theme=b" })).json(), { theme: "b" });
    assert.equal(statusOf(await varied.get("/products", { cookie: "theme=b" })), "plinth; hit");
  });

  it("keeps principals apart, and what `key` says", async (t) => {
    const shop = await openShop(t, ({ principal }) => ({ of: (principal as { id: string }).id }), {
      by: "principal",
      key: ({ request }) => request.headers["x-scope"] ?? "",
    });
    for (const user of ["ada", "bob", "ada", "bob"]) {
      assert.deepEqual(await (await shop.get("/products", { "x-user": user })).json(), { of: user });
    }
    assert.equal(shop.runs(), 2);
    await shop.get("/products", { "x-user": "ada", "x-scope": "all" });
    assert.equal(shop.runs(), 3);
  });

  const UNKEPT: Readonly<Record<string, Handler>> = {
    "a cookie": () => reply.json(200, {}, { headers: { "set-cookie": "a=b" } }),
    "a stream": () => reply.stream(new Blob(["a"]).stream()),
    "another status": () => reply.json(203, {}),
    "a vary on what is not in the key": () => reply.json(200, {}, { headers: { vary: "accept-encoding, x-user" } }),
    "a vary on everything": () => reply.json(200, {}, { headers: { Vary: "*" } }),
    "a page with a nonce": ({ nonce }) => reply.html(`<script nonce="${nonce}"></script>`),
    "a body beyond the bound": () => reply.text("x".repeat(1_100_000)),
    "a web response beyond the bound": () => new Response("x".repeat(1_100_000)),
    "a cookie of a web response": () => new Response("a", { headers: { "set-cookie": "a=b" } }),
    "a vary on the origin of the handler's own": () => reply.json(200, {}, { headers: { vary: "Origin" } }),
    "a vary on codings of the handler's own": () => reply.json(200, {}, { headers: { Vary: "Accept-Encoding" } }),
    "a body that the handler has coded": () => reply.text("a", { headers: { "content-encoding": "gzip" } }),
    "what has expired": () => reply.json(200, {}, { headers: { expires: "0" } }),
  };
  for (const [what, handler] of Object.entries(UNKEPT)) {
    it(`does not keep ${what}, and answers it whole`, async (t) => {
      const shop = await openShop(t, handler);
      const [first, second] = [await shop.get(), await shop.get()];
      assert.equal(shop.runs(), 2);
      assert.ok(first.ok && second.ok);
      const [one, two] = [await first.text(), await second.text()];
      assert.equal(one.length, two.length);
      if (what.includes("beyond")) assert.equal(one.length, 1_100_000);
      assert.equal(first.headers.get("age"), null);
      assert.deepEqual(first.headers.getSetCookie(), second.headers.getSetCookie());
    });
  }

  it("keeps web responses", async (t) => {
    const shop = await openShop(t, () => new Response("hello", { headers: { "content-type": "text/plain", "x-a": "1" } }));
    await shop.get();
    const again = await shop.get();
    assert.equal(await again.text(), "hello");
    assert.equal(again.headers.get("x-a"), "1");
    assert.equal(shop.runs(), 1);
  });

  it("does not let those wait in line who each need an answer of their own", async (t) => {
    const shop = await openShop(t, () => reply.json(200, { of: shop.runs() }, { headers: { "cache-control": "private" } }));
    const answers = await Promise.all(Array.from({ length: 10 }, () => shop.get()));
    const bodies = await Promise.all(answers.map((answer) => answer.text()));
    assert.equal(new Set(bodies).size, 10);
    assert.equal(statusOf(await shop.get()), "plinth; fwd=bypass");
  });

  it("keeps an answer no longer than it says itself", async (t) => {
    const shop = await openShop(t, () => reply.json(200, {}, { headers: { "cache-control": "public, max-age=60, s-maxage=5" } }));
    await shop.get();
    shop.clock.advance(4_000);
    await shop.get();
    assert.equal(shop.runs(), 1);
    shop.clock.advance(2_000);
    await shop.get();
    assert.equal(shop.runs(), 2);
  });

  const forOrigin: Handler = ({ request }) => {
    const origin = request.headers["origin"] ?? "";
    return reply.json(200, { for: origin }, { headers: { "access-control-allow-origin": origin, vary: "Origin" } });
  };

  it("gives nobody what its handler made for another origin", async (t) => {
    const shop = await openShop(t, forOrigin);
    const varied = await openShop(t, forOrigin, { vary: ["origin"] });
    for (const one of [shop, varied])
      for (const origin of ["https://a.example", "https://b.example"]) {
        const answer = await one.get("/products", { origin });
        assert.equal(answer.headers.get("access-control-allow-origin"), origin);
        assert.deepEqual(await answer.json(), { for: origin });
      }
    assert.equal(statusOf(await varied.get("/products", { origin: "https://a.example" })), "plinth; hit");
  });

  it("gives nobody a coding that its handler chose for another", async (t) => {
    const handler: Handler = ({ request }) => {
      if (request.headers["accept-encoding"] === undefined) return reply.text("plain", { headers: { vary: "accept-encoding" } });
      return new Response(gzipSync("zipped"), { headers: { "content-encoding": "gzip", vary: "accept-encoding" } });
    };
    const shop = await openShop(t, handler);
    const varied = await openShop(t, handler, { vary: ["Accept-Encoding"] });
    for (const one of [shop, varied]) {
      assert.equal((await one.get("/products", { "accept-encoding": "gzip" })).headers.get("content-encoding"), "gzip");
      const plain = await one.get();
      assert.equal(plain.headers.get("content-encoding"), null);
      assert.equal(await plain.text(), "plain");
    }
    assert.equal(statusOf(await varied.get("/products", { "accept-encoding": "gzip" })), "plinth; hit");
  });

  it("keeps one answer for all origins where the server itself says whom it is for", async (t) => {
    const origins = ["https://a.example", "https://b.example"];
    const shop = await openShop(t, () => ({ ok: true }), {}, { cors: { origins } });
    for (const origin of origins) {
      const answer = await shop.get("/products", { origin });
      assert.equal(answer.headers.get("access-control-allow-origin"), origin);
      assert.match(answer.headers.get("vary") ?? "", /origin/);
    }
    assert.equal(shop.runs(), 1);
  });

  it("does not keep a 404 whose headers forbid it", async (t) => {
    const shop = await openShop(
      t,
      () => {
        throw errors.MISSING({}, { headers: { Vary: "Origin" } });
      },
      { negative: "10s" },
    );
    for (const _ of [1, 2]) assert.equal((await shop.get("/products/7")).status, 404);
    assert.equal(shop.runs(), 2);
  });

  it("adds the age that an answer came with", async (t) => {
    const shop = await openShop(t, () => reply.json(200, {}, { headers: { "cache-control": "max-age=30", age: "20" } }));
    await shop.get();
    shop.clock.advance(9_000);
    assert.equal((await shop.get()).headers.get("age"), "29");
    shop.clock.advance(2_000);
    await shop.get();
    assert.equal(shop.runs(), 2);
  });

  it("compresses for each what it keeps once", async (t) => {
    const shop = await openShop(t, () => ({ text: "a".repeat(5_000) }));
    await shop.get();
    const zipped = await shop.get("/products", { "accept-encoding": "gzip" });
    const plain = await shop.get();
    assert.equal(zipped.headers.get("content-encoding"), "gzip");
    assert.equal(plain.headers.get("content-encoding"), null);
    assert.notEqual(zipped.headers.get("etag"), plain.headers.get("etag"));
    assert.equal(shop.runs(), 1);
  });

  it("answers without a cache that is not running", async (t) => {
    const shop = await openShop(t, () => ({ ok: true }));
    await shop.cache.stop();
    assert.equal((await shop.get()).status, 200);
  });

  it("is refused at boot where one caller could be given what is another's", async (t) => {
    const cache = createCache({ memory: new SegmentTable() });
    t.after(() => cache.stop());
    const boot = (auth: "public" | typeof byHeader, rule: Pick<ResponseCacheOptions, "by"> & RuleOptions): Promise<TestApp> =>
      createApp([route.get("/a", { auth, cache: cacheResponse({ cache, ttl: "1m", ...rule }) }, () => ({}))]);
    await assert.rejects(boot(byHeader, { by: "public" }), { code: "E_CACHE_RESPONSE_INVALID" });
    await assert.rejects(boot("public", { by: "principal" }), { code: "E_CACHE_RESPONSE_INVALID" });
    await assert.rejects(boot("public", { by: "public", vary: ["*"] }), { code: "E_CACHE_RESPONSE_INVALID" });
    await boot(byHeader, { by: "public", sameForAll: true });
    await boot(byHeader, { by: "principal" });
  });

  it("leaves a group's other methods alone, and can be turned off", async (t) => {
    const cache = createCache({ memory: new SegmentTable() });
    await cache.start();
    t.after(() => cache.stop());
    let runs = 0;
    const handler = (): unknown => ({ run: ++runs });
    const app = await createApp(
      group({ cache: cacheResponse({ cache, ttl: "1m", by: "public" }) }, [
        route.post("/a", { auth: "public" }, handler),
        route.get("/a", { auth: "public", cache: "none" }, handler),
      ]),
    );
    for (const method of ["POST", "GET", "POST", "GET"]) await app.fetch("/a", { method });
    assert.equal(runs, 4);
  });
});
