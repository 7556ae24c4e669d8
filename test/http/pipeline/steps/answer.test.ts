import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { describe, it } from "node:test";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { z } from "zod";
import type { ReplyDeclaration, Route } from "#src/http/contract";
import { Reply, reply } from "#src/http/reply";
import { route } from "#src/http/route";
import { type TestApp, createApp, gate, problemOf, watchFinished } from "../../support.ts";

/** A route that returns this. Types are set aside: the step must hold against plain JavaScript. */
const returning = (result: unknown, replies?: ReplyDeclaration): Route =>
  route.get("/a", { auth: "public", ...(replies === undefined ? {} : { reply: replies }) } as { auth: "public" }, () => result);
const answer = async (result: unknown, replies?: ReplyDeclaration, init?: RequestInit): Promise<Response> =>
  (await createApp([returning(result, replies)])).fetch("/a", init);

async function refusedAs(code: string, app: TestApp): Promise<void> {
  const response = await app.fetch("/a");
  assert.equal(response.status, 500);
  assert.equal((await problemOf(response)).code, "E_HTTP_INTERNAL");
  assert.deepEqual(
    app.lines.map((line) => (line.fields.error as { code: string }).code),
    [code],
  );
}

const User = z.object({ name: z.string() });
const withSecret = { name: "Ann", passwordHash: "x" };

describe("a value", () => {
  it("is answered as JSON with its length, and may be anything that JSON has", async () => {
    for (const value of [{ a: ["é", 1, null] }, [], "text", 0, false, null]) {
      const response = await answer(value);
      const text = await response.text();
      assert.equal(response.status, 200);
      assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
      assert.equal(response.headers.get("content-length"), String(Buffer.byteLength(text)));
      assert.deepEqual(JSON.parse(text), value);
    }
  });

  it("that is nothing is 204 where no schema was declared, and a fault where one was", async () => {
    const response = await answer(undefined);
    assert.equal(response.status, 204);
    assert.equal(response.headers.get("content-length"), null);
    assert.equal((await answer(undefined, User)).status, 500);
    assert.equal((await answer(undefined, { 204: User })).status, 500);
  });

  it("that JSON cannot say is a 500", async () => {
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    for (const value of [circular, 1n, { a: 1n }, { toJSON: () => assert.fail("toJSON") }])
      assert.equal((await answer(value)).status, 500);
    assert.equal(await (await answer(Symbol("s"))).text(), "null");
  });

  it("leaves only the fields that its schema lists", async () => {
    assert.deepEqual(await (await answer(withSecret, User)).json(), { name: "Ann" });
    assert.deepEqual(await (await answer([withSecret], z.array(User))).json(), [{ name: "Ann" }]);
    assert.deepEqual(await (await answer(reply.created(withSecret), User)).json(), { name: "Ann" });
  });

  it("leaves only listed fields with every status, also where one schema stands for all", async () => {
    for (const status of [200, 202, 299, 400, 404, 500]) {
      const response = await answer(reply.json(status, withSecret), User);
      assert.equal(response.status, status);
      assert.deepEqual(await response.json(), { name: "Ann" });
    }
  });

  it("goes through the schema of its own status", async () => {
    const replies = { 200: User, 201: z.object({ id: z.number() }), 404: z.object({ why: z.string() }) };
    assert.deepEqual(await (await answer(withSecret, replies)).json(), { name: "Ann" });
    assert.deepEqual(await (await answer(reply.created({ id: 1, name: "x" }), replies)).json(), { id: 1 });
    assert.deepEqual(await (await answer(reply.json(404, { why: "gone", at: "disk" }), replies)).json(), { why: "gone" });
  });

  it("with a status that is not declared is a 500", async () => {
    await refusedAs("E_HTTP_REPLY_UNDECLARED", await createApp([returning(reply.json(202, withSecret), { 200: User })]));
    await refusedAs("E_HTTP_REPLY_UNDECLARED", await createApp([returning(withSecret, { 201: User })]));
  });

  it("that its schema refuses is a 500 that tells nothing of it", async () => {
    const app = await createApp([returning({ name: 7, secret: "x" }, User)]);
    const response = await app.fetch("/a");
    const text = await response.text();
    assert.equal(response.status, 500);
    assert.doesNotMatch(text, /name|secret|expected/);
    assert.deepEqual(app.loggedError().faults, [
      { in: "reply", pointer: "/name", detail: "Invalid input: expected string, received number" },
    ]);
  });

  it("may have an asynchronous schema", async () => {
    const slow: StandardSchemaV1 = {
      "~standard": {
        version: 1,
        vendor: "test",
        validate: async (value) => (value === "bad" ? { issues: [{ message: "bad" }] } : { value: { seen: value } }),
      },
    };
    assert.deepEqual(await (await answer("x", slow)).json(), { seen: "x" });
    assert.equal((await answer("bad", slow)).status, 500);
  });
});

describe("a reply", () => {
  it("has its status, headers and body", async () => {
    const created = await answer(reply.created({ id: 1 }, { location: "/x/1", headers: { "X-A": "b" } }));
    assert.deepEqual([created.status, created.headers.get("location"), created.headers.get("x-a")], [201, "/x/1", "b"]);
    const text = await answer(reply.text("é"));
    assert.deepEqual(
      [text.headers.get("content-type"), text.headers.get("content-length"), await text.text()],
      ["text/plain; charset=utf-8", "2", "é"],
    );
    const empty = await answer(reply.empty(202));
    assert.deepEqual([empty.status, empty.headers.get("content-length"), await empty.text()], [202, "0", ""]);
    const redirect = await answer(reply.redirect("/b"));
    assert.deepEqual([redirect.status, redirect.headers.get("location")], [303, "/b"]);
  });

  it("replaces a header of the block instead of doubling it", async () => {
    const response = await answer(
      reply.text("a", { headers: { "Cache-Control": "max-age=5", "x-frame-options": "SAMEORIGIN" } }),
    );
    assert.equal(response.headers.get("cache-control"), "max-age=5");
    assert.equal(response.headers.get("x-frame-options"), "SAMEORIGIN");
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });

  it("with a status that is no final one is a 500", async () => {
    for (const status of [0, 99, 100, 101, 199, 600, 999, -1, 200.5, Number.NaN, "200", undefined]) {
      await refusedAs("E_HTTP_REPLY_STATUS_INVALID", await createApp([returning(new Reply(status as number, "json", 1))]));
    }
    await refusedAs("E_HTTP_REPLY_STATUS_INVALID", await createApp([returning(Response.error())]));
  });

  const smuggled: readonly (readonly [string, string])[] = [
    ["x-a", "b\r\nset-cookie: c=d"],
    ["x-a\r\nset-cookie", "c=d"],
    ["location", "/a\nb"],
    ["x-a", "b\0"],
    ["content-length", "5"],
    ["Content-Length", "0"],
    ["transfer-encoding", "chunked"],
    ["Connection", "close"],
    ["keep-alive", "x"],
    ["upgrade", "h2c"],
  ];
  for (const [name, value] of smuggled) {
    it(`with the header ${JSON.stringify(`${name}: ${value}`)} is a 500`, async () => {
      for (const result of [
        reply.text("a", { headers: { [name]: value } }),
        reply.json(200, 1, { headers: { [name]: value } }),
        reply.empty(200, { headers: { [name]: value } }),
      ]) {
        await refusedAs("E_HTTP_REPLY_HEADER_INVALID", await createApp([returning(result)]));
      }
    });
  }

  it("has no body with 204 and 304, whatever it was given", async () => {
    for (const status of [204, 304]) {
      for (const result of [
        reply.json(status, { a: 1 }),
        reply.text("a", { status }),
        reply.stream(Readable.from(["a"]), { status }),
      ]) {
        const response = await answer(result);
        assert.equal(response.status, status);
        assert.equal(await response.text(), "");
      }
    }
  });
});

describe("a stream", () => {
  it("is sent as it comes, and counted", async (t) => {
    const finished = watchFinished(t, "/a");
    const response = await answer(reply.stream(Readable.from(["a", Buffer.from("é")]), { type: "text/x", length: 3 }));
    assert.deepEqual([response.headers.get("content-type"), response.headers.get("content-length")], ["text/x", "3"]);
    assert.equal(await response.text(), "aé");
    assert.equal((await finished.next()).bytesOut, 3);
  });

  it("that is longer or shorter than it says breaks off", async () => {
    for (const length of [0, 1, 3, 100]) {
      const app = await createApp([returning(reply.stream(Readable.from(["a", "", "b"]), { length }))]);
      await assert.rejects((await app.fetch("/a")).text(), RangeError, String(length));
      assert.equal(app.lines.length, 1);
    }
    const response = new Response("abc", { headers: { "content-length": "2" } });
    await assert.rejects((await answer(response)).text(), RangeError);
  });

  it("whose length is no number is a 500", async () => {
    for (const length of [-1, 1.5, Number.NaN, Infinity, "1e3"]) {
      await refusedAs(
        "E_HTTP_REPLY_HEADER_INVALID",
        await createApp([returning(reply.stream(Readable.from(["a"]), { length: length as number }))]),
      );
    }
    await refusedAs(
      "E_HTTP_REPLY_HEADER_INVALID",
      await createApp([returning(new Response("a", { headers: { "content-length": "x" } }))]),
    );
  });

  it("that would send the caller to another site which it named is its own fault", async () => {
    const app = await createApp([
      route.get("/go", { auth: "public", query: z.object({ to: z.string() }) }, ({ query }) => reply.redirect(query.to)),
    ]);
    for (const to of ["//evil.example", "https://evil.example", "javascript:alert(1)"]) {
      const answer = await app.fetch(`/go?to=${encodeURIComponent(to)}`);
      assert.deepEqual([answer.status, answer.headers.get("location")], [400, null]);
      assert.equal((await problemOf(answer)).code, "E_HTTP_REDIRECT_EXTERNAL");
    }
    assert.equal((await app.fetch("/go?to=/home")).status, 303);
    assert.deepEqual(app.lines, []);
  });

  it("that fails half-way breaks the answer off, and is logged and counted as an error", async (t) => {
    const finished = watchFinished(t, "/a");
    const app = await createApp([
      returning(
        reply.stream(
          (async function* () {
            yield "a";
            throw new Error("disk");
          })(),
        ),
      ),
    ]);
    await assert.rejects((await app.fetch("/a")).text(), /disk/);
    const seen = await finished.next();
    assert.deepEqual([seen.outcome, seen.errorCode, seen.bytesOut], ["server_error", "E_HTTP_INTERNAL", 1]);
    assert.equal(app.loggedError().message, "disk");
  });

  it("is closed at once for HEAD", async () => {
    const { opened, open } = gate();
    const response = await answer(reply.stream(new ReadableStream<Uint8Array>({ cancel: open })), undefined, { method: "HEAD" });
    assert.equal(response.status, 200);
    await opened;
  });
});

describe("a web Response", () => {
  it("keeps its status, headers, cookies and body, and gets the block's headers", async () => {
    const headers = new Headers([
      ["x-a", "1"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["content-type", "text/x"],
    ]);
    const response = await answer(new Response("body", { status: 418, headers }));
    assert.equal(response.status, 418);
    assert.deepEqual(response.headers.getSetCookie(), ["a=1", "b=2"]);
    assert.deepEqual(
      [response.headers.get("x-a"), response.headers.get("content-type"), await response.text()],
      ["1", "text/x", "body"],
    );
    assert.equal(response.headers.get("x-content-type-options"), "nosniff");
  });

  it("does not decide about the connection", async () => {
    const headers = { connection: "close", "keep-alive": "x", "transfer-encoding": "gzip", upgrade: "h2c", date: "yesterday" };
    const response = await answer(new Response("body", { headers }));
    for (const name of Object.keys(headers)) assert.equal(response.headers.get(name), null, name);
  });

  it("may have no body", async () => {
    const response = await answer(new Response(null, { status: 201 }));
    assert.deepEqual([response.status, await response.text()], [201, ""]);
  });

  it("that cannot be sent is a 500: a control character in a header, a body that was read", async () => {
    await refusedAs(
      "E_HTTP_REPLY_HEADER_INVALID",
      await createApp([returning(new Response("a", { headers: { "x-a": "b\u0001" } }))]),
    );
    const read = new Response("a");
    await read.text();
    assert.equal((await answer(read)).status, 500);
  });
});

describe("HEAD", () => {
  it("has the headers of GET, length included, and no body", async () => {
    for (const result of [{ a: 1 }, reply.text("abc"), reply.stream(Readable.from(["abc"]), { length: 3 })]) {
      const head = await answer(result, undefined, { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal(await head.text(), "");
      assert.match(head.headers.get("content-length") ?? "", /^[1-9]/);
    }
  });

  it("has no body with a problem either", async () => {
    const app = await createApp([]);
    const response = await app.fetch("/nowhere", { method: "HEAD" });
    assert.deepEqual([response.status, await response.text()], [404, ""]);
  });
});
