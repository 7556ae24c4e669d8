import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Busboy } from "@fastify/busboy";
import fc from "fast-check";
import type { MultipartLimits } from "#src/http/multipart/declaration";
import { MultipartReader } from "#src/http/multipart/reader";
import { BOUNDARY, bodyOf, chunked, codeOf, field, file, limitsOf } from "./support.ts";

interface Seen {
  readonly name: string;
  readonly filename: string | undefined;
  readonly content: Buffer;
}

interface ReadOptions {
  readonly size?: number;
  readonly limits?: MultipartLimits;
  readonly boundary?: string;
}

async function read(body: Uint8Array, { size = body.length, limits, boundary = BOUNDARY }: ReadOptions = {}): Promise<Seen[]> {
  const reader = new MultipartReader(chunked(body, Math.max(1, size))[Symbol.asyncIterator](), boundary, limitsOf(limits));
  const seen: Seen[] = [];
  for (let head = await reader.next(); head !== null; head = await reader.next()) {
    const chunks: Buffer[] = [];
    for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) chunks.push(Buffer.from(chunk));
    seen.push({ name: head.name, filename: head.filename, content: Buffer.concat(chunks) });
  }
  return seen;
}

/** What another implementation makes of a body; null when it refuses. */
async function readByBusboy(body: Buffer): Promise<Seen[] | null> {
  const seen: Seen[] = [];
  const busboy = new Busboy({ headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` }, preservePath: true });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  busboy.on("field", (name, value) => seen.push({ name, filename: undefined, content: Buffer.from(value) }));
  busboy.on("file", (name, stream, filename) => {
    const chunks: Buffer[] = [];
    const one = { name, filename, content: Buffer.alloc(0) };
    seen.push(one);
    stream.on("data", (chunk: Buffer) => {
      chunks.push(chunk);
      one.content = Buffer.concat(chunks);
    });
  });
  busboy.on("finish", () => resolve(true));
  busboy.on("error", () => resolve(false));
  busboy.end(body);
  return (await promise) ? seen : null;
}

// Contents made of what a boundary is made of, so that beginnings of boundaries stand everywhere.
const tricky = fc
  .array(
    fc.constantFrom("\r", "\n", "\r\n", "-", "--", `\r\n--${BOUNDARY.slice(0, 8)}`, `--${BOUNDARY}`, "\r\n--", "a", "\u0000"),
    {
      maxLength: 12,
    },
  )
  .map((pieces) => pieces.join(""))
  .filter((text) => !`\r\n${text}`.includes(`\r\n--${BOUNDARY}`));
const name = fc.string({ unit: fc.constantFrom("a", "é", "[", "]", ".", "_", "0", " ", "€"), minLength: 1, maxLength: 8 });
const part = fc.oneof(
  fc.tuple(name, tricky).map(([one, content]) => field(one, content)),
  fc.tuple(name, name, tricky).map(([one, other, content]) => file(one, other, content)),
);

describe("a multipart body", () => {
  it("is read alike however it is cut into chunks (property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), async (parts, size) => {
        const body = bodyOf(parts);
        const whole = await read(body);
        assert.deepEqual(
          whole.map(({ content }) => content.toString()),
          parts.map(({ content }) => content),
        );
        assert.deepEqual(await read(body, { size }), whole);
      }),
      { numRuns: 300 },
    );
  });

  it("is read as busboy reads it (property)", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const body = bodyOf(parts);
        assert.deepEqual(await read(body), await readByBusboy(body));
      }),
      { numRuns: 200 },
    );
  });

  it("that was damaged anywhere is refused, or means something else, and fails nothing (property)", async () => {
    const body = bodyOf([field("a", "1"), file("b", "c.txt", "content")]);
    const byte = fc.constantFrom(0, 9, 10, 13, 32, 34, 45, 58, 59, 92, 255);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: body.length - 1 }),
        byte,
        fc.integer({ min: 1, max: 99 }),
        async (at, value, size) => {
          const damaged = Buffer.from(body);
          damaged[at] = value;
          const outcome = await read(damaged, { size }).catch((thrown: { status?: number }) => thrown.status);
          // A boundary that is none any more is content of the part before.
          if (Array.isArray(outcome)) assert.ok(outcome.length === 1 || outcome.length === 2);
          else assert.ok(outcome === 400 || outcome === 413 || outcome === 415, String(outcome));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("lesson: CVE-2026-2359: cut at any byte is malformed, in chunks of any size", async () => {
    const body = bodyOf([field("a", "1"), file("b", "c.txt", "con\r\n--tent")]);
    // The line end behind the last boundary may be missing: some clients leave it out.
    for (let cut = 0; cut < body.length - 2; cut++) {
      for (const size of [1, 7, cut])
        assert.equal(await codeOf(read(body.subarray(0, cut), { size })), "E_HTTP_BODY_MALFORMED", `cut at ${cut}, by ${size}`);
    }
    assert.equal((await read(body.subarray(0, -2))).length, 2);
    assert.equal(await codeOf(read(body.subarray(0, -1))), "E_HTTP_BODY_MALFORMED");
  });

  it("without parts is empty, and may begin with a line end", async () => {
    assert.deepEqual(await read(bodyOf([])), []);
    assert.equal((await read(Buffer.concat([Buffer.from("\r\n"), bodyOf([field("a", "1")])]), { size: 1 })).length, 1);
  });

  it("is refused for anything before its first boundary, behind its last, or beside one", async () => {
    const body = bodyOf([field("a", "1")]).toString("latin1");
    const boundary = `--${BOUNDARY}`;
    const refused: Readonly<Record<string, string>> = {
      "a preamble": `hello\r\n${body}`,
      "a long preamble": "x".repeat(100_000),
      "two line ends before": `\r\n\r\n${body}`,
      "an epilogue": `${body}x`,
      "a second line end": `${body}\r\n`,
      "a second body": body + body,
      "another boundary": body.replaceAll(BOUNDARY, `${BOUNDARY}x`),
      "padding on the line": body.replace(`${boundary}\r\n`, `${boundary} \r\n`),
      "a bare line feed": body.replaceAll("\r\n", "\n"),
      "a part without header fields": `${boundary}\r\n\r\n1\r\n${boundary}--`,
      "a boundary that goes on": body.replace("1\r\n", `1\r\n${boundary}x\r\n`),
      "one dash at the end": body.replace(`${boundary}--`, `${boundary}-`),
    };
    for (const [what, text] of Object.entries(refused)) {
      for (const size of [1, 10_000])
        assert.equal(await codeOf(read(Buffer.from(text, "latin1"), { size })), "E_HTTP_BODY_MALFORMED", what);
    }
  });

  it("lesson: CVE-2026-42561: has as many parts, and header bytes, as the limits allow", async () => {
    const parts = [field("a", "1"), field("b", "2")];
    assert.equal((await read(bodyOf(parts), { limits: { parts: 2 } })).length, 2);
    assert.equal(await codeOf(read(bodyOf(parts), { limits: { parts: 1 } })), "E_HTTP_MULTIPART_LIMIT_EXCEEDED");
    const long = { headers: [`X-Long: ${"a".repeat(2_000)}`, 'Content-Disposition: form-data; name="a"'], content: "1" };
    assert.equal((await read(bodyOf([long]))).length, 1);
    for (const size of [1, 100, 10_000])
      assert.equal(
        await codeOf(read(bodyOf([long]), { limits: { headersSize: "1kb" }, size })),
        "E_HTTP_MULTIPART_LIMIT_EXCEEDED",
      );
    const endless = Buffer.from(`--${BOUNDARY}\r\nX: ${"a".repeat(1_000_000)}`);
    assert.equal(await codeOf(read(endless, { size: 65_536 })), "E_HTTP_MULTIPART_LIMIT_EXCEEDED");
  });

  it("may have the longest boundary there is, and parts that are skipped", async () => {
    const boundary = "b".repeat(70);
    assert.equal((await read(bodyOf([field("a", "1")], boundary), { boundary, size: 3 })).length, 1);
    const body = bodyOf([file("a", "a", "x".repeat(100_000)), field("b", "2")]);
    const reader = new MultipartReader(chunked(body, 1_000)[Symbol.asyncIterator](), BOUNDARY, limitsOf());
    assert.equal((await reader.next())?.name, "a");
    assert.equal((await reader.next())?.name, "b");
    assert.equal(await reader.next(), null);
    assert.equal(await reader.next(), null);
    assert.equal(await reader.read(), null);
  });

  it("of a megabyte of beginnings of boundaries takes no longer than others", async () => {
    const almost = `\r\n--${BOUNDARY.slice(0, -1)}`;
    const body = bodyOf([file("a", "a", almost.repeat(1_048_576 / almost.length))]);
    const started = performance.now();
    assert.equal((await read(body, { size: 65_536 })).length, 1);
    assert.ok(performance.now() - started < 5_000);
  });
});
