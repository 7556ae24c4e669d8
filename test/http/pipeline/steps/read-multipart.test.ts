import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import { errors } from "#src/http/errors";
import { multipart, multipartStream } from "#src/http/multipart/multipart";
import { route } from "#src/http/route";
import { BOUNDARY, bodyOf, field, file, multipartInit } from "../../multipart/support.ts";
import { type TestApp, createApp, problemOf } from "../../support.ts";

const PNG = Buffer.from("\x89PNG\r\n\x1a\n\u0000\u0000\u0000\rIHDR", "latin1");

async function codeOf(response: Response): Promise<string> {
  return `${response.status} ${(await problemOf(response)).code}`;
}
const faultsOf = async (response: Response): Promise<readonly string[]> =>
  ((await problemOf(response)).errors ?? []).map(({ pointer, detail }) => `${pointer}: ${detail}`);

const profile = (): Promise<TestApp> =>
  createApp([
    route.post(
      "/a",
      {
        auth: "public",
        bodyLimit: "200kb",
        decompress: true,
        body: multipart({
          fields: z.strictObject({ title: z.string(), tags: z.array(z.string()).default([]) }),
          files: {
            avatar: { types: ["image/png", "image/jpeg"], maxBytes: "1kb" },
            note: { types: ["text/*"], optional: true },
            extra: { types: ["*"], maxCount: 2 },
          },
          limits: { fieldSize: "1kb", fields: 4 },
          memory: "100b",
        }),
      },
      async ({ body: { fields, files } }) => ({
        fields,
        avatar: [files.avatar.filename, files.avatar.type, (await files.avatar.bytes()).length],
        note: files.note?.type ?? null,
        extra: files.extra.map(({ size }) => size),
      }),
    ),
  ]);

describe("a multipart body that is read whole", () => {
  it("is fields and files, as the route declares them", async () => {
    const app = await profile();
    const form = new FormData();
    form.append("title", "é");
    form.append("tags", "one");
    form.append("avatar", new File([PNG], "me.png", { type: "text/html" }));
    form.append("note", new File(["a,b"], "a.csv", { type: "text/csv" }));
    form.append("extra", new File(["x".repeat(5_000)], "x"));
    form.append("extra", new File([""], "y"));
    const answer = await app.fetch("/a", { method: "POST", body: form });
    assert.deepEqual(await answer.json(), {
      fields: { title: "é", tags: ["one"] },
      avatar: ["me.png", "image/png", PNG.length],
      note: "text/csv",
      extra: [5_000, 0],
    });
  });

  it("may be compressed where the route says so", async () => {
    const app = await profile();
    const body = bodyOf([field("title", "a"), file("avatar", "a", PNG)]);
    assert.equal((await app.fetch("/a", multipartInit(gzipSync(body), { "content-encoding": "gzip" }))).status, 200);
    const bomb = bodyOf([field("title", "a"), file("extra", "a", "a".repeat(300_000)), file("avatar", "a", PNG)]);
    assert.equal(
      await codeOf(await app.fetch("/a", multipartInit(gzipSync(bomb), { "content-encoding": "gzip" }))),
      "413 E_HTTP_BODY_TOO_LARGE",
    );
  });

  it("has all its faults reported at once, with pointers", async () => {
    const app = await profile();
    const answer = await app.fetch("/a", multipartInit(bodyOf([field("tags", "x"), field("other", "y")])));
    const faults = await faultsOf(answer);
    assert.equal(faults.length, 3);
    assert.match(faults[0] ?? "", /^\/fields\/title: /);
    assert.match(faults[1] ?? "", /^\/fields: .*other/);
    assert.equal(faults[2], "/files/avatar: expected a file");
    assert.deepEqual(await faultsOf(await app.fetch("/a", { method: "POST" })), [": expected a multipart body"]);
  });

  const title = field("title", "a");
  const avatar = file("avatar", "a.png", PNG);
  const refused: Readonly<Record<string, readonly [string, ...Parameters<typeof bodyOf>[0]]>> = {
    "a file of another type, whatever it is called (CVE-2024-29409)": [
      "415 E_HTTP_FILE_TYPE_UNSUPPORTED",
      file("avatar", "a.png", "<script>", "image/png"),
    ],
    "a file too large": ["413 E_HTTP_FILE_TOO_LARGE", file("avatar", "a.png", Buffer.concat([PNG, Buffer.alloc(2_000)]))],
    "a file that nobody asked for": ["400 E_HTTP_REQUEST_INVALID", avatar, file("evil", "a", "b")],
    "a file named like a member of all objects": ["400 E_HTTP_REQUEST_INVALID", avatar, file("__proto__", "a", "b")],
    "two files in the place of one": ["400 E_HTTP_REQUEST_INVALID", avatar, avatar],
    "a field in the place of a file": ["400 E_HTTP_REQUEST_INVALID", field("avatar", "b")],
    "a field too long": ["413 E_HTTP_MULTIPART_LIMIT_EXCEEDED", field("title", "a".repeat(1_025))],
    "too many fields": ["413 E_HTTP_MULTIPART_LIMIT_EXCEEDED", title, title, title, title],
    "a field that is not UTF-8": ["400 E_HTTP_BODY_MALFORMED", field("x", Buffer.from([0xff]))],
    "more than the body may have": ["413 E_HTTP_BODY_TOO_LARGE", file("extra", "a", "a".repeat(300_000))],
  };
  for (const [what, [code, ...parts]] of Object.entries(refused)) {
    it(`is refused for ${what}`, async () => {
      const app = await profile();
      assert.equal(await codeOf(await app.fetch("/a", multipartInit(bodyOf([title, ...parts])))), code);
      assert.equal(app.lines.length, 0);
    });
  }

  it("is refused when its type is another, or names no boundary", async () => {
    const app = await profile();
    const body = bodyOf([title, avatar]);
    for (const [type, code] of [
      ["multipart/mixed; boundary=x", "415 E_HTTP_BODY_TYPE_UNSUPPORTED"],
      ["application/json", "415 E_HTTP_BODY_TYPE_UNSUPPORTED"],
      ["multipart/form-data", "400 E_HTTP_BODY_MALFORMED"],
      ["multipart/form-data; boundary=", "415 E_HTTP_BODY_TYPE_UNSUPPORTED"],
      [`multipart/form-data; boundary=${"x".repeat(71)}`, "415 E_HTTP_BODY_TYPE_UNSUPPORTED"],
      [`multipart/form-data; boundary=a; boundary=${BOUNDARY}`, "415 E_HTTP_BODY_TYPE_UNSUPPORTED"],
      [`multipart/form-data; boundary=${BOUNDARY}; charset=utf-16`, "415 E_HTTP_BODY_CHARSET_UNSUPPORTED"],
    ] as const) {
      assert.equal(await codeOf(await app.fetch("/a", multipartInit(body, { "content-type": type }))), code, type);
    }
    const quoted = { "content-type": `Multipart/Form-Data; boundary="${BOUNDARY}"; charset=utf-8` };
    assert.equal((await app.fetch("/a", multipartInit(body, quoted))).status, 200);
  });

  it("takes the empty part that browsers send for a file that nobody chose as none", async () => {
    const app = await profile();
    const answer = await app.fetch("/a", multipartInit(bodyOf([title, avatar, file("note", "", "")])));
    assert.equal(((await answer.json()) as { note: unknown }).note, null);
    assert.deepEqual(await faultsOf(await app.fetch("/a", multipartInit(bodyOf([title, file("avatar", "", "")])))), [
      "/files/avatar: expected a file",
    ]);
  });

  it("lesson: CVE-2026-25754: has names without meaning, and results without a prototype", async () => {
    let fields: unknown;
    const Any = {
      "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ((fields = value), { value }) },
    } as const;
    const app = await createApp([route.post("/a", { auth: "public", body: multipart({ fields: Any }) }, () => "taken")]);
    const names = ["__proto__", "__proto__[x]", "constructor", "prototype", "a[b][c]", "a.b.c", "0", "999999999999", "toString"];
    const answer = await app.fetch("/a", multipartInit(bodyOf([...names, "a.b.c"].map((name) => field(name, "1")))));
    assert.equal(answer.status, 200);
    assert.equal(Object.getPrototypeOf(fields), null);
    assert.deepEqual(Object.keys(fields as object).toSorted(), names.toSorted());
    assert.deepEqual((fields as Record<string, unknown>)["a.b.c"], ["1", "1"]);
    assert.equal(({} as { x?: unknown }).x, undefined);
  });

  it("without a schema for fields takes none", async () => {
    const app = await createApp([
      route.post("/a", { auth: "public", body: multipart({ files: { f: { types: ["*"] } } }) }, () => "taken"),
    ]);
    assert.equal((await app.fetch("/a", multipartInit(bodyOf([file("f", "a", "b")])))).status, 200);
    assert.deepEqual(await faultsOf(await app.fetch("/a", multipartInit(bodyOf([file("f", "a", "b"), field("x", "1")])))), [
      "/fields/x: expected no such field",
    ]);
  });
});

describe("a multipart body that is read part by part", () => {
  const app = (options: Parameters<typeof multipartStream>[0] = {}): Promise<TestApp> =>
    createApp([
      route.post("/all", { auth: "public", body: multipartStream(options) }, async ({ body }) => {
        const seen: unknown[] = [];
        for await (const part of body) {
          if (part.kind === "field") seen.push([part.name, part.value]);
          else {
            let size = 0;
            for await (const chunk of part.stream) size += chunk.byteLength;
            seen.push([part.name, part.filename, part.type, size]);
          }
        }
        return seen;
      }),
      route.post("/names", { auth: "public", body: multipartStream(options) }, async ({ body }) => {
        const names: string[] = [];
        for await (const part of body) {
          names.push(part.name);
          if (part.kind === "file") await part.stream[Symbol.asyncIterator]().next();
        }
        return names;
      }),
      route.post("/late", { auth: "public", body: multipartStream(options) }, async ({ body }) => {
        let first: AsyncIterable<Uint8Array> | undefined;
        for await (const part of body) if (part.kind === "file") first ??= part.stream;
        for await (const chunk of first ?? []) assert.ok(chunk.byteLength > 0);
        return "read";
      }),
      route.post("/again", { auth: "public", body: multipartStream(options) }, async ({ body }) => {
        const read = async (): Promise<string> => {
          try {
            for await (const part of body) assert.ok(part.name);
            return "whole";
          } catch (thrown) {
            return (thrown as { code: string }).code;
          }
        };
        return [await read(), await read()];
      }),
    ]);
  const body = bodyOf([field("a", "1"), file("f", "x.bin", PNG), file("g", "y.bin", "b".repeat(100_000)), field("a", "2")]);

  it("comes in the order in which it was sent", async () => {
    assert.deepEqual(await (await (await app()).fetch("/all", multipartInit(body))).json(), [
      ["a", "1"],
      ["f", "x.bin", "image/png", PNG.length],
      ["g", "y.bin", "text/plain", 100_000],
      ["a", "2"],
    ]);
  });

  it("goes on behind a file that was not read, or half", async () => {
    assert.deepEqual(await (await (await app()).fetch("/names", multipartInit(body))).json(), ["a", "f", "g", "a"]);
  });

  it("is held to the route's rules", async () => {
    const one = await app({ files: { f: { types: ["image/png"] }, g: { types: ["text/plain"], maxBytes: "1kb" } } });
    assert.equal(await codeOf(await one.fetch("/all", multipartInit(body))), "413 E_HTTP_FILE_TOO_LARGE");
    const other = await app({ files: { f: { types: ["image/png"] } } });
    assert.equal(await codeOf(await other.fetch("/all", multipartInit(body))), "400 E_HTTP_REQUEST_INVALID");
    const few = await app({ limits: { files: 1 } });
    assert.equal(await codeOf(await few.fetch("/all", multipartInit(body))), "413 E_HTTP_MULTIPART_LIMIT_EXCEEDED");
    const cut = multipartInit(body.subarray(0, -30));
    assert.equal(await codeOf(await (await app()).fetch("/all", cut)), "400 E_HTTP_BODY_MALFORMED");
  });

  it("fails again for who reads on, and never passes for whole", async () => {
    const cut = multipartInit(body.subarray(0, -30));
    assert.deepEqual(await (await (await app()).fetch("/again", cut)).json(), ["E_HTTP_BODY_MALFORMED", "E_HTTP_BODY_MALFORMED"]);
  });

  it("does not give the bytes of one file for those of another", async () => {
    const one = await app();
    const big = bodyOf([file("f", "x", "a".repeat(100_000)), field("a", "1")]);
    assert.equal((await one.fetch("/late", multipartInit(big))).status, 500);
    assert.match(one.loggedError().message, /read after the next part/);
  });
});

describe("a file rule", () => {
  it("that could not hold is refused when it is written", () => {
    for (const rule of [
      { types: [] },
      { types: ["image/x-raw"] },
      { types: ["*"], maxCount: 0 },
      { types: ["*"], maxCount: 1, minCount: 2 },
    ])
      assert.throws(() => multipart({ files: { f: rule } }), { code: errors.FILE_RULE_INVALID({ name: "", reason: "" }).code });
    assert.doesNotThrow(() => multipartStream({ files: { f: { types: ["image/*", "text/csv", "*"] } } }));
  });
});
