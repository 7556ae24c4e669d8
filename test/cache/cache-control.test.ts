import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keepingOf } from "#src/cache/responses/keepable";
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

function answerWith(value: string): Parameters<typeof keepingOf>[0] {
  return { kind: "answer", status: 200, headers: ["cache-control", value], body: "", etag: undefined, modified: undefined };
}

const NOTHING_VARIED: ReadonlySet<string> = new Set();

describe("the Cache-Control of an answer", () => {
  it("is tried in 60 spellings and more", () => assert.ok(PRIVATE.length >= 60));

  for (const value of PRIVATE) {
    it(`${JSON.stringify(value)} keeps it from other callers`, async (t) => {
      assert.equal(keepingOf(answerWith(value), "public", NOTHING_VARIED), null);
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
      assert.equal(keepingOf(answerWith(value), "public", NOTHING_VARIED)?.seconds, seconds);
    });
  }

  it("lets what is private be kept for the principal that it was made for, and for no longer than it says", () => {
    assert.deepEqual(keepingOf(answerWith("private, max-age=60"), "principal", NOTHING_VARIED), { seconds: 60, strict: false });
    assert.equal(keepingOf(answerWith('private="x"'), "principal", NOTHING_VARIED), null);
    assert.equal(keepingOf(answerWith("private, no-store"), "principal", NOTHING_VARIED), null);
    assert.equal(keepingOf(answerWith("no-cache"), "principal", NOTHING_VARIED), null);
  });

  it("that is there twice is held to both", () => {
    const twice = { ...answerWith("public"), headers: ["cache-control", "public, max-age=60", "cache-control", "private"] };
    assert.equal(keepingOf(twice, "public", NOTHING_VARIED), null);
  });
});
