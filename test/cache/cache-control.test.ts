import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Audience, type Keeping, keepingOf } from "#src/cache/responses/keepable";
import { SegmentTable } from "#src/core/shared-memory";
import { createCache } from "#src/cache/create-cache";
import { cacheResponse } from "#src/cache/http";
import { route } from "#src/http/route";
import { createApp } from "../http/support.ts";

/** Spellings under which an answer is for nobody but who asked (CVE-2026-24472, CVE-2026-9678). */
const PRIVATE: readonly string[] = [
  "private",
  "Private",
  "PRIVATE",
  " private ",
  "\tprivate",
  "private,",
  ",private",
  ", ,private",
  "private, max-age=60",
  "max-age=60, private",
  "max-age=60,private",
  "max-age=60 , private",
  "max-age=60 private",
  "public, private",
  "private, public",
  "private=",
  'private=""',
  'private="authorization"',
  'private=" authorization"',
  'private="set-cookie, x-user"',
  "private=authorization",
  "private = authorization",
  'max-age=60, private="x"',
  'private="a, max-age=60',
  "private;max-age=60",
  "public; private",
  "no-store",
  "No-Store",
  "NO-STORE",
  "no-store, max-age=60",
  "max-age=60, no-store",
  "public, no-store",
  "no-store=",
  "no-store;",
  '"no-store"',
  "no_store",
  "nostore",
  "no-cache",
  "No-Cache",
  "no-cache, max-age=60",
  'no-cache="set-cookie"',
  "no-cache=set-cookie",
  'public, no-cache="x"',
  "public, max-age=0",
  "max-age=0",
  "max-age=00",
  "s-maxage=0",
  "public, s-maxage=0, max-age=60",
  "max-age=-1",
  "max-age=",
  'max-age="60"',
  "max-age=1.5",
  "max-age=60s",
  "max-age =60",
  "max-age= 60",
  "max-age=60; private",
  "max-age=99999999999",
  "must-understand, no-store",
  "must-understand",
  "only-for=ada",
  "",
  " ",
  "público",
];

/** Spellings under which it may be kept, for so many seconds. */
const SHARED: readonly (readonly [value: string, seconds: number])[] = [
  ["public", Infinity],
  ["PUBLIC", Infinity],
  ["public, max-age=60", 60],
  ["Max-Age=60", 60],
  ["max-age=60,immutable", 60],
  ["max-age=60\t,\tno-transform", 60],
  ["max-age=60, s-maxage=5", 5],
  ["s-maxage=600, max-age=60", 600],
  ["max-age=60, max-age=5", 5],
  ["max-age=60, stale-while-revalidate=30, stale-if-error=60", 60],
  ["max-age=60, must-revalidate", 60],
];

const NOW = Date.UTC(2026, 0, 1);

function keepingWith(headers: readonly string[], audience: Audience = "public"): Keeping | null {
  return keepingOf(headers, { audience, varied: new Set(), now: NOW });
}

function keepingSaid(value: string, audience?: Audience): Keeping | null {
  return keepingWith(["cache-control", value], audience);
}

describe("the Cache-Control of an answer", () => {
  it("is tried in 60 spellings and more", () => assert.ok(PRIVATE.length >= 60));

  for (const value of PRIVATE) {
    it(`${JSON.stringify(value)} keeps it from other callers`, async (t) => {
      assert.equal(keepingSaid(value), null);
      // Two callers on one public route whose handler says so: neither may see the other's.
      if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) return;
      const cache = createCache({ memory: new SegmentTable() });
      await cache.start();
      t.after(() => cache.stop());
      const app = await createApp([
        route.get("/me", { auth: "public", cache: cacheResponse({ cache, ttl: "1h", by: "public" }) }, ({ request }) => {
          const body = `secret of ${request.headers["x-user"] ?? ""}`;
          return new Response(body, { headers: [["cache-control", value]] });
        }),
      ]);
      const [ada, bob] = await Promise.all(["ada", "bob"].map((user) => app.fetch("/me", { headers: { "x-user": user } })));
      assert.equal(await ada?.text(), "secret of ada");
      assert.equal(await bob?.text(), "secret of bob");
      const late = await app.fetch("/me", { headers: { "x-user": "eve" } });
      assert.equal(await late.text(), "secret of eve");
    });
  }

  for (const [value, seconds] of SHARED) {
    it(`${JSON.stringify(value)} lets it be kept`, () => {
      assert.equal(keepingSaid(value)?.seconds, seconds);
    });
  }

  it("lets what is private be kept for the principal that it was made for, and for no longer than it says", () => {
    assert.deepEqual(keepingSaid("private, max-age=60", "principal"), { seconds: 60, strict: false });
    assert.equal(keepingSaid('private="x"', "principal"), null);
    assert.equal(keepingSaid("private, no-store", "principal"), null);
    assert.equal(keepingSaid("no-cache", "principal"), null);
  });

  it("that is there twice is held to both", () => {
    assert.equal(keepingWith(["cache-control", "public, max-age=60", "cache-control", "private"]), null);
  });
});

/** `Expires`, with whatever stands beside it, and how many seconds are left. */
const EXPIRES: readonly (readonly [what: string, headers: readonly string[], seconds: number | undefined])[] = [
  ["that is to come", ["expires", "Thu, 01 Jan 2026 00:01:00 GMT"], 60],
  ["that is now", ["expires", "Thu, 01 Jan 2026 00:00:00 GMT"], undefined],
  ["that has passed", ["expires", "Wed, 31 Dec 2025 23:59:59 GMT"], undefined],
  ["of 0", ["expires", "0"], undefined],
  ["of -1", ["expires", "-1"], undefined],
  ["of nothing", ["expires", ""], undefined],
  ["of a year alone", ["expires", "2099"], undefined],
  ["in another spelling", ["expires", "2099-01-01T00:00:00Z"], undefined],
  ["twice", ["expires", "Thu, 01 Jan 2026 00:01:00 GMT", "expires", "0"], undefined],
  ["beside a Cache-Control that says no time", ["cache-control", "public", "expires", "0"], undefined],
  ["beside a max-age", ["expires", "0", "cache-control", "max-age=60"], 60],
];

describe("the Expires of an answer", () => {
  for (const [what, headers, seconds] of EXPIRES)
    it(`${what} ${seconds === undefined ? "keeps it from other callers" : `lets it be kept for ${seconds} s`}`, () =>
      assert.equal(keepingWith(headers)?.seconds, seconds));
});

/** `Age` beside `max-age=60`, and how many seconds are left. */
const AGES: readonly (readonly [age: string, seconds: number | undefined])[] = [
  ["0", 60],
  ["59", 1],
  ["60", undefined],
  ["-1", undefined],
  ["1, 2", undefined],
  ["young", undefined],
];

describe("the Age of an answer", () => {
  for (const [age, seconds] of AGES)
    it(`of ${age} leaves ${seconds ?? 0} of 60 seconds`, () =>
      assert.equal(keepingWith(["cache-control", "max-age=60", "age", age])?.seconds, seconds));

  it("that cannot be understood keeps it from other callers", () => assert.equal(keepingWith(["age", "young"]), null));
});
