import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gunzipSync } from "node:zlib";
import { type ErrorCatalogue, defineErrors } from "#src/core/error";
import type { AuthRule, ReplayCall, ReplayRule, Replayer } from "#src/http/contract";
import { multipart, multipartStream } from "#src/http/multipart/multipart";
import type { ReplayRoute, WholeAnswer } from "#src/http/replay/replay-rule";
import { reply } from "#src/http/reply";
import { bodyStream, route } from "#src/http/route";
import * as z from "zod";
import { createApp, jsonInit, problemOf } from "../../support.ts";

const errors: ErrorCatalogue<{ TAKEN: object; BROKEN: object }> = defineErrors("orders", {
  TAKEN: { status: 409, title: "Taken", message: () => "Somebody has it." },
  BROKEN: { status: 503, title: "Broken", message: () => "It does not work." },
});

const KEPT: WholeAnswer = {
  kind: "answer",
  status: 203,
  headers: ["content-type", "text/plain", "x-kept", "yes"],
  body: "kept",
  etag: '"k"',
  modified: 86_400_000,
};

function rule(replayer: Replayer, more: Partial<ReplayRule> = {}): ReplayRule {
  return { name: "test", methods: ["GET", "POST"], digest: true, tagged: false, maxBytes: 1_000, open: () => replayer, ...more };
}

const fails: AuthRule<never> = {
  scheme: "test",
  challenge: "Test",
  identify() {
    throw errors.TAKEN({});
  },
};

describe("a rule before the handler", () => {
  it("is told at boot which route it is for", async () => {
    const seen: ReplayRoute[] = [];
    const watching = rule(() => undefined, {
      open: (one) => {
        seen.push(one);
        return () => undefined;
      },
    });
    const auth = { ...fails, scheme: "bearer" };
    await createApp(
      [
        route.get("/a/:id", { auth: "public", cache: watching }, () => 1),
        route.post("/b", { auth, body: bodyStream(), idempotency: watching, version: "2" }, () => 1),
        route.put("/c", { auth: "public", cache: watching }, () => 1),
        route.get("/d", { auth: "public", cache: "none" }, () => 1),
      ],
      { versions: { default: "2" } },
    );
    assert.deepEqual(seen, [
      { method: "GET", host: "", path: "/a/:id", version: "", auth: "public", body: "none" },
      { method: "POST", host: "", path: "/b", version: "2", auth: "bearer", body: "stream" },
    ]);
  });

  it("may let the handler run as if there were no rule", async () => {
    for (const replayer of [() => undefined, () => Promise.resolve(undefined)]) {
      const app = await createApp([route.get("/a", { auth: "public", cache: rule(replayer) }, () => ({ a: 1 }))]);
      assert.deepEqual(await (await app.fetch("/a")).json(), { a: 1 });
    }
  });

  it("may answer in its place, with headers of its own", async () => {
    let ran = false;
    const app = await createApp([
      route.get(
        "/a",
        {
          auth: "public",
          cache: rule(async (call) => {
            call.addHeader("x-rule", "was here");
            return KEPT;
          }),
        },
        () => (ran = true),
      ),
    ]);
    const answer = await app.fetch("/a");
    assert.equal(ran, false);
    assert.equal(answer.status, 203);
    assert.equal(await answer.text(), "kept");
    assert.equal(answer.headers.get("content-type"), "text/plain");
    assert.equal(answer.headers.get("x-kept"), "yes");
    assert.equal(answer.headers.get("x-rule"), "was here");
    assert.equal(answer.headers.get("etag"), '"k"');
    assert.equal(answer.headers.get("last-modified"), "Fri, 02 Jan 1970 00:00:00 GMT");
    assert.equal(answer.headers.get("content-length"), "4");
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  });

  it("answers HEAD without a body, and 304 by the version that was kept", async () => {
    const replayer: Replayer = () => Promise.resolve({ ...KEPT, status: 200 });
    const app = await createApp([route.get("/a", { auth: "public", cache: rule(replayer) }, () => 1)]);
    const head = await app.fetch("/a", { method: "HEAD" });
    assert.equal(head.headers.get("content-length"), "4");
    assert.equal(await head.text(), "");
    assert.equal((await app.fetch("/a", { headers: { "if-none-match": '"k"' } })).status, 304);
  });

  it("sends bytes as they are, compressed or not", async () => {
    const bytes = Buffer.alloc(3_000, "a");
    const kept: WholeAnswer = { ...KEPT, headers: ["content-type", "text/plain"], body: bytes };
    const app = await createApp([route.get("/a", { auth: "public", cache: rule(() => Promise.resolve(kept)) }, () => 1)]);
    assert.equal(await (await app.fetch("/a")).text(), bytes.toString());
    const zipped = await app.fetch("/a", { headers: { "accept-encoding": "gzip" } });
    assert.equal(zipped.headers.get("content-encoding"), "gzip");
    assert.deepEqual(gunzipSync(await zipped.arrayBuffer()), bytes);
  });

  it("may answer a problem, with the id of the request that gets it", async () => {
    const { code, title } = errors.TAKEN;
    const problem = {
      kind: "problem",
      status: 409,
      code,
      title,
      message: "Once.",
      faults: undefined,
      headers: { "x-a": "1" },
    } as const;
    const app = await createApp([route.get("/a", { auth: "public", cache: rule(() => Promise.resolve(problem)) }, () => 1)]);
    const answer = await app.fetch("/a");
    assert.equal(answer.headers.get("x-a"), "1");
    const seen = await problemOf(answer);
    assert.equal(seen.code, "E_ORDERS_TAKEN");
    assert.equal(seen.requestId, answer.headers.get("x-request-id"));
  });

  it("comes after everything that refuses, and sees what the handler sees", async () => {
    let asked = 0;
    const cache = rule((call) => {
      asked += 1;
      assert.deepEqual(call.c.query, { n: 7 });
      return undefined;
    });
    const query = z.object({ n: z.coerce.number() });
    const app = await createApp([
      route.get("/a", { auth: "public", query, cache }, () => 1),
      route.get("/b", { auth: fails, cache }, () => 1),
    ]);
    assert.equal((await app.fetch("/a?n=x")).status, 400);
    assert.equal((await app.fetch("/b")).status, 409);
    assert.equal(asked, 0);
    assert.equal((await app.fetch("/a?n=7")).status, 200);
    assert.equal(asked, 1);
  });

  it("is no step of a route that has none, or has it for other methods", async () => {
    const stepsOf = async (cache: ReplayRule | "none"): Promise<string> => {
      const app = await createApp([route.get("/a", { auth: "public", cache }, () => 1)], { serverTiming: "always" });
      return (await app.fetch("/a")).headers.get("server-timing")?.replaceAll(/;dur=[\d.]+/g, "") ?? "";
    };
    const without = await stepsOf("none");
    assert.ok(without.includes("handle") && !without.includes("replay"));
    assert.equal(await stepsOf(rule(() => undefined, { methods: ["POST"] })), without);
    assert.equal(await stepsOf(rule(() => undefined)), without.replace("handle", "replay"));
  });
});

describe("what a rule sees of an answer", () => {
  async function seenOf(
    handler: () => unknown,
    more: Partial<ReplayRule> = {},
  ): Promise<{ whole: WholeAnswer | null; sent: Response }> {
    let whole: WholeAnswer | null | undefined;
    const replayer: Replayer = async (call) => {
      whole = await call.run();
      return undefined;
    };
    const app = await createApp([route.get("/a", { auth: "public", cache: rule(replayer, more) }, handler)]);
    const sent = await app.fetch("/a");
    assert.ok(whole !== undefined);
    return { whole, sent };
  }

  it("is the handler's own status, headers and body", async () => {
    const { whole, sent } = await seenOf(() => reply.json(201, { a: 1 }, { etag: 7, headers: { "X-Mixed": "1" } }));
    assert.deepEqual(whole, {
      kind: "answer",
      status: 201,
      headers: ["content-type", "application/json; charset=utf-8", "x-mixed", "1"],
      body: '{"a":1}',
      etag: '"7"',
      modified: undefined,
    });
    assert.equal(await sent.text(), '{"a":1}');
  });

  it("has the type that the handler says, once", async () => {
    const { whole } = await seenOf(() => reply.json(200, 1, { headers: { "Content-Type": "application/vnd.a+json" } }));
    assert.deepEqual(whole?.headers, ["content-type", "application/vnd.a+json"]);
  });

  it("is null for what cannot be kept, which is sent all the same", async () => {
    const texts: Readonly<Record<string, () => unknown>> = {
      stream: () => reply.stream(new Blob(["stream"]).stream()),
      ["x".repeat(1_001)]: () => new Response("x".repeat(1_001)),
      ["y".repeat(1_001)]: () => reply.text("y".repeat(1_001)),
      "data: 1\n\n": () => new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } }),
    };
    for (const [text, handler] of Object.entries(texts)) {
      const { whole, sent } = await seenOf(handler);
      assert.equal(whole, null);
      assert.equal(await sent.text(), text);
    }
  });

  it("has a tag of its bytes where the rule wants one and it has none", async () => {
    const plain = await seenOf(() => reply.text("a"));
    assert.equal(plain.whole?.etag, undefined);
    const tagged = await seenOf(() => reply.text("a"), { tagged: true });
    assert.equal(tagged.sent.headers.get("etag"), tagged.whole?.etag);
    assert.equal((await seenOf(() => reply.json(200, 1, { etag: "own" }), { tagged: true })).whole?.etag, '"own"');
    assert.equal((await seenOf(() => reply.json(404, 1), { tagged: true })).whole?.etag, undefined);
  });

  it("is what the handler throws, and a problem if that is the caller's fault", async () => {
    for (const [thrown, status] of [
      [errors.TAKEN({}), 409],
      [errors.BROKEN({}), undefined],
      [new TypeError("oops"), undefined],
    ] as const) {
      let problem: ReturnType<ReplayCall["problemOf"]> | null = null;
      const replayer: Replayer = async (call) => {
        await assert.rejects(call.run(), thrown);
        problem = call.problemOf(thrown);
        return KEPT;
      };
      const handler = (): never => {
        throw thrown;
      };
      const app = await createApp([route.get("/a", { auth: "public", cache: rule(replayer) }, handler)]);
      await app.fetch("/a");
      assert.equal((problem as { status?: number } | null | undefined)?.status, status);
    }
  });

  it("closes a stream that it answers in the place of", async () => {
    let closed = false;
    const stream = new ReadableStream({ cancel: () => void (closed = true) });
    const replayer: Replayer = async (call) => {
      assert.equal(await call.run(), null);
      return KEPT;
    };
    const app = await createApp([route.get("/a", { auth: "public", cache: rule(replayer) }, () => reply.stream(stream))]);
    assert.equal(await (await app.fetch("/a")).text(), "kept");
    assert.equal(closed, true);
  });

  it("may be made again when what the handler did was undone", async () => {
    let runs = 0;
    const replayer: Replayer = async (call) => {
      await call.run();
      await call.run();
      return undefined;
    };
    const app = await createApp([route.get("/a", { auth: "public", cache: rule(replayer) }, () => ({ run: ++runs }))]);
    assert.deepEqual(await (await app.fetch("/a")).json(), { run: 2 });
  });
});

describe("the digest of a body", () => {
  const SHA_OF_A = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
  const SHA_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const anything = z.unknown();

  async function digests(
    body: Parameters<typeof route.post>[1]["body"],
    init: RequestInit,
  ): Promise<readonly (string | undefined)[]> {
    const seen: (string | undefined)[] = [];
    const replayer: Replayer = async (call) => {
      seen.push(call.payload.digest, await call.payload.finish());
      return KEPT;
    };
    const contract = { auth: "public", body, accepts: ["json", "text", "bytes"], idempotency: rule(replayer) } as const;
    const app = await createApp([route.post("/a", contract as never, () => 1)]);
    assert.equal((await app.fetch("/a", init)).status, 203);
    return seen;
  }

  it("is known before the handler for what is read whole", async () => {
    const text = { method: "POST", body: "a", headers: { "content-type": "text/plain" } };
    assert.deepEqual(await digests(anything, text), [SHA_OF_A, SHA_OF_A]);
    assert.deepEqual(await digests(anything, { method: "POST" }), [SHA_OF_NOTHING, SHA_OF_NOTHING]);
    assert.deepEqual(await digests(undefined, { method: "POST" }), [SHA_OF_NOTHING, SHA_OF_NOTHING]);
    assert.equal((await digests(anything, jsonInit({ a: 1 })))[0]?.length, 64);
  });

  it("is known at the end of a stream", async () => {
    const bytes = { method: "POST", body: "a", headers: { "content-type": "application/octet-stream" } };
    assert.deepEqual(await digests(bodyStream(), bytes), [undefined, SHA_OF_A]);
  });

  it("is one of a form's parts, not of their boundary", async () => {
    const form = (content: string, name = "a.txt"): RequestInit => {
      const body = new FormData();
      body.set("file", new Blob([content]), name);
      return { method: "POST", body };
    };
    for (const declared of [
      multipart({ files: { file: { types: ["*"] } } }),
      multipartStream({ files: { file: { types: ["*"] } } }),
    ]) {
      const [, one] = await digests(declared, form("a"));
      const [, same] = await digests(declared, form("a"));
      const [, content] = await digests(declared, form("b"));
      const [, name] = await digests(declared, form("a", "b.txt"));
      assert.equal(one?.length, 64);
      assert.equal(one, same);
      assert.notEqual(one, content);
      assert.notEqual(one, name);
    }
  });
});
