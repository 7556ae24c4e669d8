import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compareDocuments } from "#src/http/openapi/diff/compare-documents";
import { createDocument } from "#src/http/openapi/document";
import type { OpenApiDocument } from "#src/http/openapi/contract";
import { PlinthError } from "#src/core/mod";
import { type AuthRule, type DeclaredError, type Route, type Schema, bodyStream, reply, route } from "#src/http/mod";
import * as z from "zod";

const OPEN = { auth: "public" } as const;
const handler = (): Response => new Response();

const documentOf = (...routes: readonly Route[]): OpenApiDocument =>
  createDocument({ routes, title: "test", version: "1" }).document;

/** What changed between two sets of routes: "!" before what breaks, "." before what does not. */
function changesOf(before: readonly Route[], after: readonly Route[]): string[] {
  return compareDocuments(documentOf(...before), documentOf(...after)).map(
    ({ breaking, operation, text }) => `${breaking ? "!" : "."} ${operation} ${text}`,
  );
}

/** An error with this code, and status 409. */
const conflict = (code: string): DeclaredError =>
  Object.assign(() => new PlinthError({ code, title: code, message: code }), { code, status: 409, title: code });

const sends = (body: Schema): Route => route.post("/a", { ...OPEN, body, deadline: "0s" }, handler);
const answers = (schema: Schema): Route => route.get("/a", { ...OPEN, reply: schema }, () => undefined as never);

interface Case {
  readonly name: string;
  readonly before: Schema;
  readonly after: Schema;
  readonly says: RegExp;
  /** Whether it breaks in a request; in an answer the contrary holds unless given. */
  readonly request: "breaks" | "holds";
  readonly answer?: "breaks" | "holds";
}

const text = z.object({ a: z.string() });
const narrowings: readonly Case[] = [
  {
    name: "a type that narrows",
    before: z.object({ a: z.union([z.string(), z.number()]) }),
    after: text,
    says: /"a" (may|can) no longer be number/,
    request: "breaks",
  },
  {
    name: "a number that becomes whole",
    before: z.object({ a: z.number() }),
    after: z.object({ a: z.int() }),
    says: /"a" (may|can) no longer be number/,
    request: "breaks",
  },
  {
    name: "a null that goes",
    before: z.object({ a: z.string().nullable() }),
    after: text,
    says: /"a" (may|can) no longer be null/,
    request: "breaks",
  },
  {
    name: "an enum value that goes",
    before: z.object({ a: z.enum(["x", "y"]) }),
    after: z.object({ a: z.enum(["x"]) }),
    says: /no longer has the value "y"/,
    request: "breaks",
  },
  {
    name: "a text that becomes one of some",
    before: text,
    after: z.object({ a: z.enum(["x"]) }),
    says: /must now be one of "x"/,
    request: "breaks",
  },
  {
    name: "a length that shrinks",
    before: z.object({ a: z.string().max(9) }),
    after: z.object({ a: z.string().max(5) }),
    says: /the greatest length 5 instead of 9/,
    request: "breaks",
  },
  {
    name: "a new least value",
    before: z.object({ a: z.number() }),
    after: z.object({ a: z.number().min(1) }),
    says: /the least value 1 instead of none/,
    request: "breaks",
  },
  {
    name: "a new pattern",
    before: text,
    after: z.object({ a: z.string().regex(/^x/) }),
    says: /has the new pattern "\^x"/,
    request: "breaks",
  },
  {
    name: "a property that becomes required",
    before: z.object({ a: z.string().optional() }),
    after: text,
    says: /"a" is now required/,
    request: "breaks",
  },
  {
    name: "an item that narrows",
    before: z.object({ a: z.array(z.string().nullable()) }),
    after: z.object({ a: z.array(z.string()) }),
    says: /an item of .*"a" (may|can) no longer be null/,
    request: "breaks",
  },
  {
    name: "values of a map that narrow",
    before: z.record(z.string(), z.string().nullable()),
    after: z.record(z.string(), z.string()),
    says: /a value of .* (may|can) no longer be null/,
    request: "breaks",
  },
  {
    name: "an alternative that goes",
    before: z.discriminatedUnion("k", [z.object({ k: z.literal("a") }), z.object({ k: z.literal("b") })]),
    after: z.object({ k: z.literal("a") }),
    says: /no longer has an alternative \(k: "b"\)/,
    request: "breaks",
  },
];

describe("what a request may have is contravariant, what an answer may have covariant:", () => {
  for (const { name, before, after, says, request } of narrowings) {
    test(`${name} ${request} in a request and not in an answer, and back the other way round`, () => {
      const [sent] = changesOf([sends(before)], [sends(after)]);
      assert.match(sent ?? "", says);
      assert.equal(sent?.[0], "!");
      const [answered] = changesOf([answers(before)], [answers(after)]);
      assert.match(answered ?? "", says);
      assert.equal(answered?.[0], ".");
      const [widened] = changesOf([sends(after)], [sends(before)]);
      assert.equal(widened?.[0], ".", widened ?? "nothing");
      const [loosened] = changesOf([answers(after)], [answers(before)]);
      assert.equal(loosened?.[0], "!", loosened ?? "nothing");
    });
  }
});

describe("properties", () => {
  const more = z.object({ a: z.string(), b: z.string() });

  test("that go break who reads them, not who sends them, unless others are refused", () => {
    assert.deepEqual(changesOf([answers(more)], [answers(text)]), [`! GET /a the answer 200 no longer has the property "b"`]);
    assert.deepEqual(changesOf([sends(more)], [sends(text)]), [`. POST /a the body no longer has the property "b"`]);
    const strict = z.strictObject({ a: z.string() });
    assert.ok(changesOf([sends(more)], [sends(strict)]).includes(`! POST /a the body no longer has the property "b"`));
  });

  test("that come break who must send them, and nobody else", () => {
    assert.deepEqual(changesOf([sends(text)], [sends(more)]), [`! POST /a the body has the new required property "b"`]);
    assert.deepEqual(changesOf([sends(text)], [sends(text.extend({ b: z.string().optional() }))]), [
      `. POST /a the body has the new property "b"`,
    ]);
    assert.deepEqual(changesOf([answers(text)], [answers(more)]), [`. GET /a the answer 200 has the new property "b"`]);
  });

  test("are found in named schemas, also in those that contain themselves", () => {
    const tree = (leaf: z.ZodType): z.ZodType => {
      const Tree: z.ZodType = z
        .object({
          leaf,
          get parts() {
            return z.array(Tree);
          },
        })
        .meta({ id: "Tree" });
      return Tree;
    };
    assert.deepEqual(changesOf([answers(tree(z.string()))], [answers(tree(z.string().nullable()))]), [
      `! GET /a the answer 200's "leaf" can now be null`,
    ]);
    assert.deepEqual(changesOf([answers(tree(z.string()))], [answers(tree(z.string()))]), []);
  });
});

describe("operations", () => {
  test("that go break, that come do not, and names of path parameters mean nothing", () => {
    assert.deepEqual(changesOf([answers(text)], []), ["! GET /a is gone"]);
    assert.deepEqual(changesOf([], [answers(text)]), [". GET /a is new"]);
    const named = (path: string): Route => route.get(path, { ...OPEN, name: "one" }, handler);
    assert.deepEqual(changesOf([named("/:id")], [named("/:key")]), []);
  });

  test("that are renamed break generated clients", () => {
    const named = (name: string): Route => route.get("/a", { ...OPEN, name }, handler);
    assert.match(changesOf([named("a.one")], [named("a.two")]).join(), /^! GET \/a is now named a.two instead of a.one/);
  });

  test("are the same when only words change", () => {
    const described = (description: string): Route =>
      route.get(
        "/a",
        { ...OPEN, description, summary: description, reply: z.object({ title: z.string().describe(description) }) },
        () => ({ title: "" }),
      );
    assert.deepEqual(changesOf([described("one")], [described("two")]), []);
  });
});

describe("parameters", () => {
  const asks = (query: Schema): Route => route.get("/a", { ...OPEN, query }, handler);

  test("that become required or come required break, that go do not", () => {
    const optional = z.object({ q: z.string().optional() });
    assert.deepEqual(changesOf([asks(optional)], [asks(z.object({ q: z.string() }))]), [
      `! GET /a the query parameter "q" is now required`,
    ]);
    assert.deepEqual(changesOf([asks(optional)], [asks(optional.extend({ p: z.string() }))]), [
      `! GET /a has the new required query parameter "p"`,
    ]);
    assert.deepEqual(changesOf([asks(optional)], [asks(optional.extend({ p: z.string().optional() }))]), [
      `. GET /a has the new query parameter "p"`,
    ]);
    assert.match(changesOf([asks(optional)], [asks(z.object({}))]).join(), /^\. GET \/a no longer has the query parameter "q"/);
  });

  test("narrow like whatever a caller sends", () => {
    const limit = (most: number): Schema => z.object({ limit: z.coerce.number().max(most).optional() });
    assert.match(changesOf([asks(limit(100))], [asks(limit(50))]).join(), /^! .*the greatest value 50 instead of 100/);
    assert.match(changesOf([asks(limit(50))], [asks(limit(100))]).join(), /^\. /);
  });
});

describe("bodies", () => {
  test("that become required or change their media types break who sends them", () => {
    const body = z.object({ a: z.string() });
    assert.match(changesOf([sends(body.optional())], [sends(body)]).join(), /! POST \/a now needs its body/);
    assert.match(changesOf([sends(body)], [sends(body.optional())]).join(), /^\. POST \/a no longer needs its body/);
    const takes = (...types: string[]): Route => route.put("/a", { ...OPEN, body: bodyStream(...types) }, handler);
    assert.deepEqual(changesOf([takes("image/png", "image/gif")], [takes("image/png")]), [
      "! PUT /a the body can no longer be image/gif",
    ]);
    assert.deepEqual(changesOf([takes("image/png")], [takes("image/png", "image/gif")]), [
      ". PUT /a the body can now be image/gif",
    ]);
  });

  test("that nobody took before break only when they are needed", () => {
    const bare = route.post("/a", { ...OPEN, deadline: "0s" }, handler);
    const breaking = changesOf([bare], [sends(text)]).filter((change) => change.startsWith("!"));
    assert.deepEqual(breaking, ["! POST /a takes a body now, and needs it"]);
    assert.ok(changesOf([sends(text)], [bare]).includes("! POST /a no longer takes a body"));
  });
});

describe("answers", () => {
  test("of success that go or come break; problems do neither", () => {
    const by = (...statuses: number[]): Route =>
      route.get("/a", { ...OPEN, answers: Object.fromEntries(statuses.map((status) => [status, {}])) }, handler);
    assert.deepEqual(changesOf([by(200, 204)], [by(200)]), ["! GET /a no longer answers 204"]);
    assert.deepEqual(changesOf([by(200)], [by(200, 202)]), ["! GET /a has the new answer 202"]);
    const failing = (...codes: string[]): Route =>
      route.get("/a", { ...OPEN, errors: codes.map((code) => conflict(code)) }, handler);
    assert.deepEqual(changesOf([failing()], [failing("E_A_B")]), [". GET /a has the new answer 409"]);
    assert.deepEqual(changesOf([failing("E_A_B")], [failing("E_A_C")]), [
      ". GET /a answer 409 no longer has the code E_A_B",
      ". GET /a answer 409 has the new code E_A_C",
    ]);
  });

  test("that lose a media type break", () => {
    const html = route.get("/a", { ...OPEN, answers: { 200: { type: "text/html" } } }, () => reply.html(""));
    const plain = route.get("/a", { ...OPEN, answers: { 200: { type: "text/plain" } } }, () => reply.text(""));
    assert.deepEqual(changesOf([html], [plain]), [
      "! GET /a the answer 200 can no longer be text/html",
      ". GET /a the answer 200 can now be text/plain",
    ]);
  });
});

describe("security", () => {
  const by = (scheme: string, ...scopes: string[]): AuthRule<null> => ({
    scheme,
    challenge: scheme,
    credentials: { securityScheme: { type: "http", scheme }, scopes },
    identify: () => null,
  });
  const guarded = (auth: AuthRule<null> | "public"): Route => route.get("/a", { auth }, handler);
  const breaking = (before: Route, after: Route): string[] =>
    changesOf([before], [after]).filter((change) => change.startsWith("!"));

  test("that tightens breaks, that loosens does not", () => {
    assert.deepEqual(breaking(guarded("public"), guarded(by("key"))), ["! GET /a now needs credentials (key)"]);
    assert.deepEqual(breaking(guarded(by("key")), guarded("public")), []);
    assert.deepEqual(breaking(guarded(by("key")), guarded(by("key", "a:b"))), ["! GET /a now needs the scope a:b"]);
    assert.deepEqual(breaking(guarded(by("key", "a:b")), guarded(by("key"))), []);
    assert.deepEqual(breaking(guarded(by("key")), guarded(by("token"))), [
      "! GET /a no longer takes key as credentials, but token",
    ]);
  });
});

describe("limits", () => {
  const limited = (count: number, bodyLimit: "1kb" | "2kb", deadline: "1s" | "2s"): Route => {
    const limit = { name: "n", stage: "address", count, windowSeconds: 60, engine: { open: () => () => ({}) as never } } as const;
    return route.put("/a", { ...OPEN, body: bodyStream("a/b"), bodyLimit, deadline, limit }, handler);
  };

  test("that change are said, and break nobody", () => {
    assert.deepEqual(changesOf([limited(10, "2kb", "2s")], [limited(5, "1kb", "1s")]), [
      ". PUT /a the body limit is 1024 bytes instead of 2048 bytes",
      ". PUT /a the deadline is 1000 ms instead of 2000 ms",
      '. PUT /a the rate limit "n" is 5 in 60 s instead of 10 in 60 s',
    ]);
  });
});

describe("a comparison", () => {
  test("of a document with itself finds nothing, and with another tells what breaks first", () => {
    const before = [answers(text), sends(text)];
    assert.deepEqual(changesOf(before, before), []);
    const after = [answers(text.extend({ b: z.string() })), sends(text.extend({ b: z.string() }))];
    assert.deepEqual(
      changesOf(before, after).map((change) => change[0]),
      ["!", "."],
    );
  });
});
