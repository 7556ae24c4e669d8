import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import { z } from "zod";
import type { Policies } from "#src/http/contract";
import { type Reply, reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { createApp, problemOf } from "../support.ts";

type Headers = Readonly<Record<string, string>>;

async function answer(result: () => unknown, headers: Headers = {}, policies: Policies = {}, method = "GET"): Promise<Response> {
  const app = await createApp([
    route.get("/a", { auth: "public", ...policies }, result),
    route.put("/a", { auth: "public", ...policies }, result),
  ]);
  return app.fetch("/a", { headers, method });
}

describe("a reply that says its version", () => {
  const replies: Readonly<Record<string, () => Reply>> = {
    json: () => reply.json(200, { a: 1 }, { etag: 7, modified: 0 }),
    text: () => reply.text("a", { etag: 7, modified: 0 }),
    html: () => reply.html("<p>", { etag: 7, modified: 0 }),
    stream: () => reply.stream(Readable.from(["a"]), { etag: 7, modified: 0 }),
    empty: () => reply.empty(200, { etag: 7, modified: 0 }),
  };
  for (const [kind, create] of Object.entries(replies)) {
    it(`${kind}: sends it, and 304 to who has it`, async () => {
      const whole = await answer(create);
      assert.deepEqual(
        [whole.status, ...["etag", "last-modified", "cache-control"].map((name) => whole.headers.get(name))],
        [200, '"7"', "Thu, 01 Jan 1970 00:00:00 GMT", "private, no-cache"],
      );
      await whole.arrayBuffer();
      for (const headers of [{ "if-none-match": 'W/"7"' }, { "if-modified-since": "Thu, 01 Jan 1970 00:00:00 GMT" }]) {
        const same = await answer(create, headers);
        assert.deepEqual([same.status, same.headers.get("etag"), await same.text()], [304, '"7"', ""]);
        assert.equal(same.headers.get("content-type"), null);
      }
    });
  }

  it("closes its stream when that is not sent", async () => {
    for (const [headers, status] of [
      [{ "if-none-match": '"7"' }, 304],
      [{ "if-match": '"8"' }, 412],
    ] as const) {
      const stream = Readable.from(["a"]);
      assert.equal((await answer(() => reply.stream(stream, { etag: 7 }), headers)).status, status);
      assert.ok(stream.destroyed);
    }
  });

  it("is kept as it says itself, or by its header", async () => {
    const cached = await answer(() => reply.text("a", { cache: { maxAge: "1d", immutable: true } }));
    assert.equal(cached.headers.get("cache-control"), "private, max-age=86400, immutable");
    const own = await answer(() => reply.text("a", { etag: 1, headers: { "cache-control": "no-store" } }));
    assert.equal(own.headers.get("cache-control"), "no-store");
  });

  it("to a write is not judged: the change is made", async () => {
    const written = await answer(() => reply.json(200, 1, { etag: 8 }), { "if-match": '"7"', "if-none-match": '"8"' }, {}, "PUT");
    assert.deepEqual(
      [written.status, written.headers.get("etag"), written.headers.get("cache-control")],
      [200, '"8"', "no-store"],
    );
  });

  it("is not judged when it is no good answer anyway (RFC 9110, section 13.2.1)", async () => {
    for (const status of [303, 404, 500]) {
      const failed = await answer(() => reply.json(status, 1, { etag: 1 }), { "if-none-match": '"1"', "if-match": '"2"' });
      assert.equal(failed.status, status);
    }
  });

  it("that no header can say is a 500", async () => {
    assert.equal((await answer(() => reply.text("a", { etag: "a\r\nb" }))).status, 500);
    assert.equal((await answer(() => reply.text("a", { modified: Number.NaN }))).status, 500);
  });

  it("goes whole each time when it has a nonce: the page that is kept has another", async () => {
    const app = await createApp([
      route.get("/a", { auth: "public" }, ({ nonce }) => reply.html(`<script nonce="${nonce}">`, { etag: 1 })),
    ]);
    const page = await app.fetch("/a", { headers: { "if-none-match": '"1"' } });
    assert.equal(page.status, 200);
    assert.match(page.headers.get("content-security-policy") as string, /nonce-/);
  });
});

describe('etag: "auto"', () => {
  const AUTO = { etag: "auto" } as const;

  it("gives JSON a tag of its bytes, and 304 to who has them", async () => {
    for (const create of [() => ({ a: 1 }), () => reply.json(200, { a: 1 })]) {
      const first = await answer(create, {}, AUTO);
      const etag = first.headers.get("etag") as string;
      assert.match(etag, /^"[\w-]{22}"$/);
      assert.deepEqual([first.headers.get("cache-control"), await first.json()], ["private, no-cache", { a: 1 }]);
      const same = await answer(create, { "if-none-match": etag }, AUTO);
      assert.deepEqual([same.status, await same.text(), same.headers.get("etag")], [304, "", etag]);
      const changed = await answer(() => ({ a: 2 }), { "if-none-match": etag }, AUTO);
      assert.deepEqual([changed.status, await changed.json()], [200, { a: 2 }]);
    }
  });

  it("goes behind a tag of the reply's own, and leaves writes and other statuses alone", async () => {
    assert.equal((await answer(() => reply.json(200, 1, { etag: "mine" }), {}, AUTO)).headers.get("etag"), '"mine"');
    for (const response of [
      await answer(() => reply.json(404, 1), {}, AUTO),
      await answer(() => 1, {}, AUTO, "PUT"),
      await answer(() => reply.text("a"), {}, AUTO),
      await answer(() => "x".repeat(1_048_577), {}, AUTO),
      await answer(() => 1),
    ])
      assert.equal(response.headers.get("etag"), null);
  });

  it("is of what leaves, not of what its schema strips", async () => {
    const tagOf = async (secret: number): Promise<string | null> => {
      const app = await createApp([
        route.get("/a", { auth: "public", etag: "auto", reply: z.object({ a: z.number() }) }, () => ({ a: 1, secret })),
      ]);
      return (await app.fetch("/a")).headers.get("etag");
    };
    assert.equal(await tagOf(1), await tagOf(2));
  });
});

describe("a failed precondition", () => {
  it("is a problem that says what to do", async () => {
    const problem = await problemOf(await answer(() => reply.text("a", { etag: 2 }), { "if-match": '"1"' }));
    assert.deepEqual([problem.status, problem.code], [412, "E_HTTP_PRECONDITION_FAILED"]);
    assert.match(problem.detail, /ETag/);
  });
});
