import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { commitAnswer } from "#src/idempotency/commit-answer";
import { createMemoryIdempotencyStore } from "#src/idempotency/memory-store";
import { multipart, multipartStream } from "#src/http/multipart/multipart";
import { readMultipart } from "#src/http/multipart/read-multipart";
import { reply } from "#src/http/reply";
import { bodyStream, route } from "#src/http/route";
import type { AnyExchange } from "#src/http/contract";
import { type TestApp, createApp, problemOf } from "../http/support.ts";
import { byHeader, createOrders, memoryRule, order } from "./support.ts";

const LARGE = "x".repeat(300_000);

function upload(body: string | FormData, headers: Readonly<Record<string, string>> = {}): RequestInit {
  const type = body instanceof FormData ? {} : { "content-type": "application/octet-stream" };
  return { method: "POST", body, headers: { "x-user": "ada", "idempotency-key": "k", ...type, ...headers } };
}

async function sizeOf(chunks: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of chunks) size += chunk.byteLength;
  return size;
}

async function hashOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
}

/** Uploads that are answered by their size and the run. */
async function createUploads(): Promise<TestApp & { readonly runs: () => number }> {
  let runs = 0;
  const app = await createApp([
    route.post("/files", { auth: byHeader, body: bodyStream(), bodyLimit: "1mb", idempotency: memoryRule() }, async (c) => {
      const size = await sizeOf(c.body);
      return commitAnswer(c, async () => reply.created({ size, run: ++runs }));
    }),
  ]);
  return { ...app, runs: () => runs };
}

describe("an idempotent route with a streamed body", () => {
  it("answers an upload that comes again, once it has read it", async () => {
    const app = await createUploads();
    await app.fetch("/files", upload(LARGE));
    const again = await app.fetch("/files", upload(LARGE));
    assert.equal(again.headers.get("idempotent-replayed"), "true");
    assert.deepEqual(await again.json(), { size: 300_000, run: 1 });
    assert.equal(app.runs(), 1);
  });

  for (const [what, body] of [
    ["another body", `${LARGE.slice(1)}y`],
    ["a shorter body", LARGE.slice(1)],
    ["an empty body", ""],
  ] as const) {
    it(`answers 422 to ${what}`, async () => {
      const app = await createUploads();
      await app.fetch("/files", upload(LARGE));
      const again = await app.fetch("/files", upload(body));
      assert.equal((await problemOf(again)).code, "E_IDEMPOTENCY_KEY_REUSED");
      assert.equal(app.runs(), 1);
    });
  }

  it("holds a body that comes again to the route's bound", async () => {
    const app = await createUploads();
    await app.fetch("/files", upload(LARGE));
    const again = await app.fetch("/files", upload("x".repeat(1_100_000)));
    assert.equal(again.status, 413);
  });

  it("compares what can be compared when the first body was not read to its end", async () => {
    const app = await createApp([
      route.post("/files", { auth: byHeader, body: bodyStream(), idempotency: memoryRule() }, (c) =>
        commitAnswer(c, async () => reply.created({ unread: true })),
      ),
    ]);
    await app.fetch("/files", upload(LARGE));
    assert.equal((await app.fetch("/files", upload("other"))).headers.get("idempotent-replayed"), "true");
    assert.equal((await app.fetch("/files?other", upload(LARGE))).status, 422);
  });

  it("compares by the app's own hash where there is one", async () => {
    let runs = 0;
    const payload = async (c: AnyExchange): Promise<string> => {
      const declared = multipartStream({ files: { file: { types: ["*"] } } });
      let hash = "";
      for await (const part of readMultipart(c.body, c.request.headers["content-type"], declared))
        if (part.kind === "file") hash = await hashOf(part.stream);
      return hash;
    };
    const app = await createApp([
      route.post("/files", { auth: byHeader, body: bodyStream(), idempotency: memoryRule({ payload }) }, async (c) => {
        const hash = await payload(c);
        return commitAnswer(c, async () => reply.created({ hash, run: ++runs }), { payload: hash });
      }),
    ]);
    const form = (content: string): FormData => {
      const data = new FormData();
      data.set("file", new Blob([content]), "a.txt");
      return data;
    };
    const first = await (await app.fetch("/files", upload(form("hello")))).json();
    assert.deepEqual(await (await app.fetch("/files", upload(form("hello")))).json(), first);
    assert.equal((await app.fetch("/files", upload(form("other")))).status, 422);
    assert.equal(runs, 1);
  });

  for (const [what, body] of [
    ["a form that is read whole", multipart({ files: { file: { types: ["*"] } } })],
    ["a form that is read part by part", multipartStream({ files: { file: { types: ["*"] } } })],
  ] as const) {
    it(`takes ${what} for the same whatever its boundary`, async () => {
      let runs = 0;
      const app = await createApp([
        route.post("/files", { auth: byHeader, body, idempotency: memoryRule() }, async (c) => {
          const parts = c.body as AsyncIterable<{ readonly stream?: AsyncIterable<Uint8Array> }>;
          if (Symbol.asyncIterator in parts) for await (const { stream } of parts) if (stream !== undefined) await sizeOf(stream);
          return commitAnswer(c, async () => reply.created({ run: ++runs }));
        }),
      ]);
      const form = (content: string, name = "a.txt"): FormData => {
        const data = new FormData();
        data.set("file", new Blob([content]), name);
        return data;
      };
      await app.fetch("/files", upload(form(LARGE)));
      assert.deepEqual(await (await app.fetch("/files", upload(form(LARGE)))).json(), { run: 1 });
      assert.equal((await app.fetch("/files", upload(form(`${LARGE}!`)))).status, 422);
      assert.equal((await app.fetch("/files", upload(form(LARGE, "b.txt")))).status, 422);
      assert.equal(runs, 1);
    });
  }
});

describe("commitAnswer", () => {
  it("keeps the answer with the data, whatever fails behind it", async () => {
    let runs = 0;
    const app = await createApp([
      route.post("/files", { auth: byHeader, body: bodyStream(), idempotency: memoryRule() }, async (c) => {
        await sizeOf(c.body);
        const answer = await commitAnswer(c, async () => reply.created({ run: ++runs }));
        if (runs === 1) throw new TypeError("after the commit");
        return answer;
      }),
    ]);
    assert.equal((await app.fetch("/files", upload("a"))).status, 500);
    assert.deepEqual(await (await app.fetch("/files", upload("a"))).json(), { run: 1 });
  });

  it("runs again after what fails before it or inside it", async () => {
    let runs = 0;
    const app = await createApp([
      route.post("/files", { auth: byHeader, body: bodyStream(), idempotency: memoryRule() }, async (c) => {
        await sizeOf(c.body);
        runs += 1;
        if (runs === 1) throw new TypeError("before");
        return commitAnswer(c, async () => {
          if (runs === 2) throw new TypeError("inside");
          return runs === 3 ? reply.json(503, {}) : reply.created({ runs });
        });
      }),
    ]);
    const statuses = [];
    for (let attempt = 0; attempt < 5; attempt += 1) statuses.push((await app.fetch("/files", upload("a"))).status);
    assert.deepEqual(statuses, [500, 500, 503, 201, 201]);
    assert.equal(runs, 4);
  });

  it("is a plain transaction where the request has no key, and in a handler that is in one", async () => {
    let transactions = 0;
    const store = createMemoryIdempotencyStore();
    const plain = store.transact.bind(store);
    store.transact = (run, options) => {
      transactions += 1;
      return plain(run, options);
    };
    const app = await createOrders((c) => commitAnswer(c, async () => ({ ok: true })), memoryRule({ store, required: false }));
    assert.deepEqual(await (await app.fetch("/orders", order(null))).json(), { ok: true });
    assert.equal(transactions, 1);
    assert.deepEqual(await (await app.fetch("/orders", order("k"))).json(), { ok: true });
    assert.equal(transactions, 2);
  });

  it("is an error in a route without the policy", async () => {
    const app = await createApp([route.post("/a", { auth: "public" }, (c) => commitAnswer(c, async () => 1))]);
    assert.equal((await app.fetch("/a", { method: "POST" })).status, 500);
    assert.equal(app.loggedError().code, "E_IDEMPOTENCY_POLICY_MISSING");
  });

  it("is missed, with a warning, where a handler answers without it", async () => {
    let runs = 0;
    const app = await createApp([
      route.post("/files", { auth: byHeader, body: bodyStream(), idempotency: memoryRule() }, async (c) => {
        await sizeOf(c.body);
        return { run: ++runs };
      }),
    ]);
    await app.fetch("/files", upload("a"));
    assert.match(app.lines[0]?.message ?? "", /commitAnswer/);
    assert.deepEqual(await (await app.fetch("/files", upload("a"))).json(), { run: 1 });
  });
});
