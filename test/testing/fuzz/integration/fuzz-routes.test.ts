import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createTokenIssuer } from "#src/auth/mod";
import { defineApp } from "#src/app/mod";
import { defineErrors } from "#src/core/mod";
import { type FileSource, type Route, reply, route } from "#src/http/mod";
import { type FuzzOptions, type FuzzReport, createTestApp, fuzzRoutes } from "#src/testing/mod";
import * as z from "zod";
import kitchen, { TOKEN_SECRET } from "../../../support/apps/kitchen.ts";

const OPEN = { auth: "public" } as const;
const errors = defineErrors<{ LATE: object }>("fuzz", { LATE: { status: 409, title: "Late", message: () => "Too late." } });

/** Fuzzes an app of one route, with few requests. */
async function fuzz(declared: Route, options: FuzzOptions = {}): Promise<FuzzReport> {
  await using app = await createTestApp(defineApp({ name: "one", routes: [() => [declared]] }));
  return await fuzzRoutes(app, { valid: 60, invalid: 60, seed: 7, ...options });
}

const failure = (pattern: RegExp): object => ({ code: "E_TESTING_FUZZ_FAILED", message: pattern });

describe("2,000 valid and 2,000 invalid random requests", () => {
  test("to an app that declares everything: each answer is one that its document promises, none is a 5xx", async (t) => {
    await using app = await createTestApp(kitchen);
    const tokens = createTokenIssuer({ key: { algorithm: "HS256", secret: TOKEN_SECRET }, clock: app.clock });
    const token = tokens.issue({ subject: "ada", scopes: ["dishes:write"] });
    const report = await fuzzRoutes(app, {
      credentials: { bearer: { authorization: `Bearer ${token}` }, kitchen_key: { "x-kitchen-key": "let-me-in" } },
    });
    t.diagnostic(`seed ${report.seed}: ${JSON.stringify(report.statuses)}`);
    assert.ok(report.sent.valid >= 2_000 && report.sent.invalid >= 2_000, JSON.stringify(report.sent));
    assert.deepEqual([report.refused, report.accepted], [{}, {}], `seed ${report.seed}`);
    for (const status of [200, 201, 202, 204, 303, 400, 401, 403, 404, 413, 415]) {
      assert.ok((report.statuses[status] ?? 0) > 0, `no answer was a ${status} (seed ${report.seed})`);
    }
  });
});

describe("random requests find", () => {
  test("an answer that is a 5xx, and the smallest request that gets it", async () => {
    const query = z.object({ text: z.string() });
    const declared = route.get("/a", { ...OPEN, query, answers: { 204: {} } }, (c) => {
      if (c.query.text.length > 2) throw new Error("nobody foresaw this");
    });
    const thrown = await fuzz(declared).catch((error: unknown) => error);
    assert.match(String(thrown), /GET \/a is a 500: .*E_HTTP_INTERNAL[^]*seed: 7/);
    assert.match(String(thrown), /GET \/a\?text=[^&]{3,9}$/); // three characters, some of them escaped
  });

  test("a status that the document does not have", async () => {
    const declared = route.get("/a", { ...OPEN, reply: z.object({ a: z.string() }) }, () => reply.empty(204));
    await assert.rejects(fuzz(declared), failure(/has the status 204, which the document does not have/));
  });

  const content = (size: number): FileSource => ({
    size,
    etag: "v1",
    open: async function* ({ start, end }) {
      yield Buffer.alloc(end - start);
    },
  });

  test("a file whose parts the document does not have, and none where it has them", async () => {
    const answers = { 200: { type: "*/*" } };
    const declared = route.get("/a", { ...OPEN, answers }, () => reply.file(content(10)));
    await assert.rejects(fuzz(declared), failure(/has the status 206, which the document does not have[^]*range: bytes=0-0/));
    const file = {
      ...OPEN,
      answers: { 200: { type: "*/*", file: true } },
      query: z.object({ size: z.enum(["2000", "2000000"]) }),
    };
    const { statuses } = await fuzz(
      route.get("/a", file, ({ query }) => reply.file(content(Number(query.size)))),
      { valid: 600 },
    );
    for (const status of [200, 206, 304, 416]) assert.ok((statuses[status] ?? 0) > 0, `no answer was a ${status}`);
  });

  test("a problem whose code the route does not declare", async () => {
    const lax = route.post("/a", { ...OPEN, body: z.object({ a: z.string() }), answers: { 204: {}, 409: {} } }, () => {
      throw errors.LATE({});
    });
    await assert.rejects(fuzz(lax), failure(/has a body, but the document has none for 409/));
    const params = z.object({ id: z.string() });
    const hidden = defineErrors<{ HID: object }>("fuzz", { HID: { status: 404, title: "Hid", message: () => "Hid." } });
    const declared = route.get("/:id", { ...OPEN, params, answers: { 204: {} } }, () => {
      throw hidden.HID({});
    });
    await assert.rejects(fuzz(declared), failure(/E_FUZZ_HID, which the document does not have for 404/));
  });

  test("a media type that the document does not have", async () => {
    const declared = route.get("/a", { ...OPEN, answers: { 200: { type: "text/html" } } }, () => reply.text("plain"));
    await assert.rejects(fuzz(declared), failure(/is text\/plain, which the document does not have for 200/));
  });

  test("an answer that does not fit its schema", async () => {
    const declared = route.get("/a", { ...OPEN, reply: z.object({ a: z.string() }) }, () => ({ a: "a" }));
    await using app = await createTestApp(defineApp({ name: "one", routes: [() => [declared]] }));
    const answers = {
      "/openapi.json": undefined,
      "/a": new Response('{"a":1}', { headers: { "content-type": "application/json" } }),
    };
    const target = {
      fetch: (request: Request): Promise<Response> => {
        const answer = answers[new URL(request.url).pathname as keyof typeof answers];
        return answer === undefined ? app.fetch(request) : Promise.resolve(answer.clone());
      },
    };
    await assert.rejects(
      fuzzRoutes(target, { valid: 5, invalid: 5 }),
      failure(/does not fit the schema of 200: \/a must be string/),
    );
  });
});

describe("the report", () => {
  test("is the same for the same seed, and another for another", async () => {
    const seen: string[] = [];
    const query = z.object({ text: z.string() });
    const declared = route.get("/a", { ...OPEN, query, answers: { 204: {} } }, (c) => void seen.push(c.query.text));
    await fuzz(declared, { seed: 1 });
    const first = seen.splice(0).join();
    await fuzz(declared, { seed: 1 });
    assert.equal(seen.splice(0).join(), first);
    await fuzz(declared, { seed: 2 });
    assert.notEqual(seen.join(), first);
  });

  test("counts what a route refuses though its schema takes it, and takes though its schema does not", async () => {
    const strict = z.object({ even: z.int().refine((value) => value % 2 === 0) });
    const refusing = await fuzz(route.post("/a", { ...OPEN, body: strict, answers: { 204: {} } }, () => undefined));
    assert.ok((refusing.refused["POST /a"] ?? 0) > 5);
    const lax = z.object({ count: z.coerce.number() });
    const taking = await fuzz(
      route.post("/a", { ...OPEN, body: lax, answers: { 204: {} } }, () => undefined),
      {
        invalid: 400,
      },
    );
    assert.ok((taking.accepted["POST /a"] ?? 0) > 0);
  });

  test("holds no number for wrong that is a multiple but for rounding", async () => {
    const body = z.object({ price: z.number().multipleOf(0.5) });
    const declared = route.post("/a", { ...OPEN, body, answers: { 204: {} } }, () => undefined);
    // Among the random values are many of the smallest numbers that there are.
    const report = await fuzz(declared, { invalid: 4_000 });
    assert.deepEqual(report.accepted, {});
  });

  test("sends nothing invalid to an operation that takes anything", async () => {
    const report = await fuzz(route.get("/a", { ...OPEN, answers: { 204: {} } }, () => undefined));
    assert.deepEqual(report.sent, { valid: 60, invalid: 0 });
  });

  test("cannot be made without a document", async () => {
    await using app = await createTestApp(defineApp({ name: "none" }));
    await assert.rejects(fuzzRoutes(app), { code: "E_TESTING_DOCUMENT_MISSING" });
  });
});
