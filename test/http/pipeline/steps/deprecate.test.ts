import assert from "node:assert/strict";
import { type TestContext, describe, it } from "node:test";
import { type DeprecatedRequest, deprecatedRequest } from "#src/http/channels";
import type { AuthRule } from "#src/http/contract";
import { group, route } from "#src/http/route";
import { reply } from "#src/http/reply";
import { createFakeClock } from "#src/testing/fake-clock";
import { type TestApp, createApp, problemOf, serve } from "../../support.ts";

const byKey: AuthRule<{ id: string }> = {
  scheme: "key",
  challenge: "Key",
  identify: ({ headers }) => (headers["x-key"] === undefined ? (null as never) : { id: headers["x-key"] }),
};
const SUNSET = "2026-01-02";
const OLD = { since: "2025-06-01", sunset: SUNSET, link: "/docs/new" } as const;

function watch(t: TestContext, app: TestApp): DeprecatedRequest[] {
  const seen: DeprecatedRequest[] = [];
  t.after(
    deprecatedRequest.subscribe((event) => {
      if (event.handler === app.handler.id) seen.push(event);
    }),
  );
  return seen;
}

describe("a deprecated route", () => {
  it("says so with every answer, problems too, over a socket as in process", async (t) => {
    const app = await serve(t, [
      route.get("/fine", { auth: "public", deprecated: OLD }, () => 1),
      route.get("/broken", { auth: "public", deprecated: OLD }, () => assert.fail("on purpose")),
    ]);
    for (const [path, status] of [
      ["/fine", 200],
      ["/broken", 500],
    ] as const) {
      for (const answer of [await fetch(app.origin + path), await app.fetch(path)]) {
        const { headers } = answer;
        assert.equal(answer.status, status);
        assert.equal(headers.get("deprecation"), "@1748736000");
        assert.equal(headers.get("sunset"), "Fri, 02 Jan 2026 00:00:00 GMT");
        assert.equal(headers.get("link"), '</docs/new>; rel="deprecation"');
        await answer.text();
      }
    }
  });

  it("keeps the links of its handler beside its own", async () => {
    const next = { headers: { link: '</a?page=2>; rel="next"' } };
    const app = await createApp([route.get("/a", { auth: "public", deprecated: OLD }, () => reply.json(200, 1, next))]);
    const { headers } = await app.fetch("/a");
    assert.equal(headers.get("link"), '</docs/new>; rel="deprecation", </a?page=2>; rel="next"');
  });

  it("takes over what its group says, unless it says otherwise itself", async () => {
    const app = await createApp(
      group({ deprecated: true }, [
        route.get("/old", { auth: "public" }, () => 1),
        route.get("/kept", { auth: "public", deprecated: false }, () => 1),
      ]),
    );
    assert.equal((await app.fetch("/old")).headers.get("deprecation"), "@0");
    assert.equal((await app.fetch("/kept")).headers.get("deprecation"), null);
  });

  it("announces who calls it, once the caller is admitted", async (t) => {
    const app = await createApp([
      route.get("/open/:id", { auth: "public", deprecated: true }, () => 1),
      route.get("/guarded", { auth: byKey, deprecated: OLD }, () => 1),
      route.get("/current", { auth: "public" }, () => 1),
    ]);
    const seen = watch(t, app);
    await app.fetch("/open/1", { method: "HEAD" });
    await app.fetch("/guarded");
    await app.fetch("/guarded", { headers: { "x-key": "u1" } });
    await app.fetch("/current");
    assert.deepEqual(
      seen.map(({ method, route, principal, sunset }) => ({ method, route, principal, sunset })),
      [
        { method: "HEAD", route: "/open/:id", principal: undefined, sunset: undefined },
        { method: "GET", route: "/guarded", principal: "u1", sunset: Date.parse(SUNSET) },
      ],
    );
  });

  it("is served after its sunset, unless it was to be gone by then", async (t) => {
    const clock = createFakeClock();
    const app = await createApp(
      [
        route.get("/served", { auth: "public", deprecated: OLD }, () => 1),
        route.get("/ends", { auth: byKey, deprecated: { ...OLD, gone: true } }, () => 1),
      ],
      { clock },
    );
    const seen = watch(t, app);
    const ends = (): Promise<Response> => app.fetch("/ends", { headers: { "x-key": "u1" } });
    clock.advance(Date.parse(SUNSET) - clock.now() - 1);
    assert.equal((await ends()).status, 200);
    clock.advance(1);
    const gone = await ends();
    assert.equal(gone.status, 410);
    assert.equal(gone.headers.get("link"), '</docs/new>; rel="deprecation"');
    const problem = await problemOf(gone);
    assert.equal(problem.code, "E_HTTP_GONE");
    assert.match(problem.detail, /2026-01-02/);
    assert.equal((await app.fetch("/served")).status, 200);
    assert.equal((await app.fetch("/ends")).status, 403, "who may not call does not learn what is gone");
    assert.equal(seen.length, 3, "calls to what is gone are counted");
  });
});
