import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defineErrors } from "#src/core/mod";
import type { AuthRule, RequestView } from "#src/http/contract";
import { route } from "#src/http/route";
import { createApp, problemOf, thenable } from "../../support.ts";

const auth = defineErrors<{ NEEDED: object }>("t", { NEEDED: { status: 401, title: "Needed", message: () => "Sign in." } });
type Rule = { identify?: () => unknown; permit?: () => unknown };
const ruleOf = (change: Rule): AuthRule<unknown> =>
  ({ scheme: "t", challenge: "T", identify: () => "me", ...change }) as AuthRule<unknown>;

/** Status of a guarded route whose handler must not run unless it is 200. */
async function statusWith(change: Rule): Promise<number> {
  let ran = false;
  const app = await createApp([route.get("/a", { auth: ruleOf(change) }, () => (ran = true))]);
  const { status } = await app.fetch("/a");
  assert.equal(ran, status === 200);
  return status;
}

const thrower = (): never => {
  throw new Error("store down");
};
const never = thenable(() => undefined);
const describeOutcome = (value: unknown): string =>
  typeof value === "function" ? "a function" : value === undefined ? "undefined" : JSON.stringify(value);

describe("identify", () => {
  it("hands the principal on, now or later", async () => {
    for (const principal of [{ id: "u1" }, "u1", 7]) {
      for (const given of [principal, Promise.resolve(principal)]) {
        const app = await createApp([route.get("/a", { auth: ruleOf({ identify: () => given }) }, (c) => c.principal)]);
        assert.deepEqual(await (await app.fetch("/a")).json(), principal);
      }
    }
  });

  it("sees the request, and is called on its rule", async () => {
    let seen: RequestView | undefined;
    const rule: AuthRule<string> & { readonly name: string } = {
      name: "Ann",
      scheme: "t",
      challenge: "T",
      identify(request) {
        seen = request;
        return this.name;
      },
      permit(principal) {
        return principal === this.name;
      },
    };
    const app = await createApp([route.get("/a/:id", { auth: rule }, ({ principal }) => principal)]);
    assert.equal(await (await app.fetch("/a/1?b", { headers: { "x-a": "1" } })).json(), "Ann");
    assert.deepEqual([seen?.route, seen?.url, seen?.method, seen?.headers["x-a"]], ["/a/:id", "/a/1?b", "GET", "1"]);
  });

  for (const principal of [undefined, null, false]) {
    it(`lets nobody in as ${principal}, now or later`, async () => {
      assert.equal(await statusWith({ identify: () => principal }), 403);
      assert.equal(await statusWith({ identify: async () => principal }), 403);
      assert.equal(await statusWith({ identify: () => principal, permit: () => true }), 403);
    });
  }

  it("GHSA-8fpg-xm3f-6cx3: lets nobody in when it fails, now or later", async () => {
    assert.equal(await statusWith({ identify: thrower }), 500);
    assert.equal(await statusWith({ identify: async () => thrower() }), 500);
    assert.equal(await statusWith({ identify: () => Promise.reject(undefined) }), 500);
    assert.equal(await statusWith({ identify: thrower, permit: () => true }), 500);
  });

  it("answers its own error, with what it says", async () => {
    const identify = (): never => {
      throw auth.NEEDED({}, { headers: { "www-authenticate": "T" } });
    };
    const app = await createApp([route.get("/a", { auth: ruleOf({ identify }) }, () => assert.fail("ran"))]);
    const answer = await app.fetch("/a");
    assert.deepEqual([answer.status, answer.headers.get("www-authenticate")], [401, "T"]);
    assert.equal((await problemOf(answer)).code, "E_T_NEEDED");
  });
});

describe("permit", () => {
  it("opens a route with true, now or later, and with that alone", async () => {
    assert.equal(await statusWith({ permit: () => true }), 200);
    assert.equal(await statusWith({ permit: async () => true }), 200);
  });

  for (const verdict of [
    undefined,
    null,
    false,
    0,
    1,
    "",
    "true",
    "no",
    {},
    [],
    { allowed: true },
    Symbol.iterator,
    1n,
    (): boolean => true,
    new Boolean(true),
    new Error("no"),
  ]) {
    it(`keeps it shut with ${typeof verdict === "symbol" ? "a symbol" : typeof verdict === "bigint" ? "a bigint" : describeOutcome(verdict)}, now or later`, async () => {
      assert.equal(await statusWith({ permit: () => verdict }), 403);
      assert.equal(await statusWith({ permit: async () => verdict }), 403);
    });
  }

  it("keeps it shut when it fails, now or later", async () => {
    assert.equal(await statusWith({ permit: thrower }), 500);
    assert.equal(await statusWith({ permit: async () => thrower() }), 500);
  });

  it("keeps it shut while a promise that is none does not say true", async () => {
    const later = thenable((resolve: (verdict: unknown) => void) => resolve("yes"));
    assert.equal(await statusWith({ permit: () => later }), 403);
    let ran = false;
    const app = await createApp([
      route.get("/a", { auth: ruleOf({ permit: () => never }) }, () => (ran = true)),
      route.get("/b", { auth: ruleOf({ identify: () => never }) }, () => (ran = true)),
    ]);
    app.fetch("/a").then(
      () => (ran = true),
      () => undefined,
    );
    app.fetch("/b").then(
      () => (ran = true),
      () => undefined,
    );
    await new Promise(setImmediate);
    assert.equal(ran, false);
  });
});
