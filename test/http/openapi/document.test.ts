import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineErrors } from "#src/core/mod";
import { createDocument } from "#src/http/openapi/document";
import type { OpenApiDocument, Operation } from "#src/http/openapi/contract";
import { type Route, bodyStream, group, mount, multipart, multipartStream, reply, route, routes } from "#src/http/mod";
import type { AuthRule } from "#src/http/mod";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as z from "zod";

const OPEN = { auth: "public" } as const;
const handler = (): Response => new Response();

function documentOf(declared: readonly Route[], defaults = {}): OpenApiDocument {
  return createDocument({ routes: declared, defaults, title: "test", version: "1.0.0" }).document;
}

function warningsOf(declared: readonly Route[]): readonly string[] {
  return createDocument({ routes: declared, title: "test", version: "1.0.0" }).warnings;
}

/** The only operation of a document of one route. */
function operationOf(declared: Route, defaults = {}): Operation {
  const [item] = Object.values(documentOf([declared], defaults).paths);
  return Object.values(item ?? {})[0] as Operation;
}

const schemaOfReply = (operation: Operation, status = "200"): unknown =>
  operation.responses[status]?.content?.["application/json"]?.schema;
const codesOf = (operation: Operation, status: string): string[] =>
  Object.keys(operation.responses[status]?.content?.["application/problem+json"]?.examples ?? {});

describe("a document", () => {
  test("says what the app is, and is the same for the same routes", () => {
    const declared = routes(route.get("/a", { ...OPEN, reply: z.object({ a: z.string() }) }, () => ({ a: "a" })));
    const document = documentOf(declared);
    assert.deepEqual([document.openapi, document.info], ["3.1.1", { title: "test", version: "1.0.0" }]);
    assert.equal(JSON.stringify(documentOf(declared)), JSON.stringify(document));
  });

  test("has no routes that say so, nor what is mounted, nor a group of such", () => {
    const declared = [
      route.get("/seen", OPEN, handler),
      route.get("/hidden", { ...OPEN, documented: false }, handler),
      ...mount("/legacy", handler, OPEN),
      ...group({ prefix: "/internal", documented: false }, [route.get("/a", OPEN, handler)]),
    ];
    assert.deepEqual(Object.keys(documentOf(declared).paths), ["/seen"]);
  });

  test("has the app's policies where a route says nothing", () => {
    assert.equal(operationOf(route.get("/a", OPEN, handler), { deadline: "2s" })["x-deadline"], 2_000);
    assert.equal(operationOf(route.get("/a", { ...OPEN, deadline: "5s" }, handler), { deadline: "2s" })["x-deadline"], 5_000);
  });

  test("names operations by `name`, else by method and path, and never two alike", () => {
    const document = documentOf([
      route.get("/files/:id/content", OPEN, handler),
      route.get("/files-id/content", OPEN, handler),
      route.get("/b", { ...OPEN, name: "files.b" }, handler),
    ]);
    const ids = Object.values(document.paths).map((item) => item["get"]?.operationId);
    assert.deepEqual(ids, ["getFilesIdContent", "getFilesIdContent2", "files.b"]);
  });

  test("groups operations under a route's tags, else the first literal segment", () => {
    const document = documentOf([
      ...group({ prefix: "/:tenant", tags: ["tenants"] }, [route.get("/a", OPEN, handler)]),
      route.get("/:tenant/files/:id", OPEN, handler),
      route.get("/", OPEN, handler),
    ]);
    assert.deepEqual(document.tags, [{ name: "tenants" }, { name: "files" }, { name: "default" }]);
  });

  test("merges paths that differ in the names of parameters only, and tells what it must leave out", () => {
    const declared = [
      route.get("/a/:id(\\d+)", OPEN, handler),
      route.delete("/a/:key", { ...OPEN, params: z.object({ key: z.string().max(5) }) }, handler),
      route.get("/a/:name([a-z]+)", OPEN, handler),
    ];
    const { paths } = documentOf(declared);
    assert.deepEqual(Object.keys(paths), ["/a/{id}"]);
    assert.deepEqual(paths["/a/{id}"]?.["delete"]?.parameters, [
      { name: "id", in: "path", required: true, schema: { type: "string", maxLength: 5 } },
    ]);
    assert.match(warningsOf(declared).join(), /GET \/a\/:name\(\[a-z\]\+\) is left out/);
  });
});

describe("parameters", () => {
  test("of the path come from the template, with its constraints", () => {
    const { parameters } = operationOf(route.get("/a/:id(\\d+|x)/*", OPEN, handler));
    assert.deepEqual(parameters?.[0], {
      name: "id",
      in: "path",
      required: true,
      schema: { type: "string", pattern: "^(?:\\d+|x)$" },
    });
    assert.deepEqual([parameters?.[1]?.name, parameters?.[1]?.in], ["wildcard", "path"]);
  });

  test("of the path obey both their schema and the template", () => {
    const params = z.object({ id: z.string().regex(/^a/) });
    const { parameters } = operationOf(route.get("/:id(.b)", { ...OPEN, params }, handler));
    assert.deepEqual(parameters?.[0]?.schema, { allOf: [{ type: "string", pattern: "^a" }, { pattern: "^(?:.b)$" }] });
  });

  test("of query and headers are the properties of their schemas, required where they are", () => {
    const query = z.object({ q: z.string().describe("what to look for"), limit: z.coerce.number().int().default(5) });
    const headers = z.object({ "x-old": z.string().optional().meta({ deprecated: true }), authorization: z.string() });
    assert.deepEqual(operationOf(route.get("/", { ...OPEN, query, headers }, handler)).parameters, [
      {
        name: "q",
        in: "query",
        description: "what to look for",
        required: true,
        schema: { type: "string", description: "what to look for" },
      },
      {
        name: "limit",
        in: "query",
        schema: { type: "integer", default: 5, minimum: -9007199254740991, maximum: 9007199254740991 },
      },
      { name: "x-old", in: "header", deprecated: true, schema: { type: "string", deprecated: true } },
    ]);
  });

  test("of a query made of two schemas are those of both, of a named one too", () => {
    const both = z.object({ a: z.string() }).and(z.object({ b: z.string().optional() }));
    const named = z.object({ c: z.string() }).meta({ id: "Named" });
    const names = (query: StandardSchemaV1): unknown =>
      operationOf(route.get("/", { ...OPEN, query }, handler)).parameters?.map(({ name, required }) => [name, required]);
    assert.deepEqual(names(both), [
      ["a", true],
      ["b", undefined],
    ]);
    assert.deepEqual(names(named), [["c", true]]);
  });

  test("of a query that may be this or that are said as one", () => {
    const query = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
    const [parameter, ...others] = operationOf(route.get("/", { ...OPEN, query }, handler)).parameters ?? [];
    assert.deepEqual(
      [parameter?.in, parameter?.explode, "anyOf" in (parameter?.schema ?? {}), others],
      ["query", true, true, []],
    );
  });
});

describe("bodies", () => {
  test("have a media type for each encoding, their limit, and whether they may be left out", () => {
    const body = z.object({ a: z.string() });
    const operation = operationOf(route.post("/", { ...OPEN, body, accepts: ["json", "form"], bodyLimit: "2kb" }, handler));
    assert.deepEqual(Object.keys(operation.requestBody?.content ?? {}), [
      "application/json",
      "application/x-www-form-urlencoded",
    ]);
    assert.deepEqual([operation.requestBody?.required, operation["x-body-limit"]], [true, 2_048]);
    assert.equal(operationOf(route.post("/", { ...OPEN, body: body.optional() }, handler)).requestBody?.required, false);
  });

  test("that are streamed may be a form as well", () => {
    const streamedForm = multipart({ files: { file: { types: ["image/png"] } } });
    const content = operationOf(route.post("/", { ...OPEN, body: bodyStream(), streamedForm }, handler)).requestBody?.content;
    assert.deepEqual(Object.keys(content ?? {}), ["*/*", "multipart/form-data"]);
    assert.deepEqual(content?.["multipart/form-data"]?.encoding, { file: { contentType: "image/png" } });
  });

  test("that are streamed have the types that the route takes", () => {
    const types = (...accepted: string[]): unknown =>
      Object.keys(operationOf(route.put("/", { ...OPEN, body: bodyStream(...accepted) }, handler)).requestBody?.content ?? {});
    assert.deepEqual(types("image/png", "image/gif"), ["image/png", "image/gif"]);
    assert.deepEqual(types(), ["*/*"]);
  });

  test("as text or bytes have their media types, and say how they may be compressed", () => {
    const declared = route.put(
      "/",
      { ...OPEN, body: z.string().max(9).or(z.instanceof(Uint8Array)), accepts: ["text", "bytes"], decompress: ["gzip", "br"] },
      handler,
    );
    const { content, description } = operationOf(declared).requestBody ?? {};
    assert.deepEqual(Object.keys(content ?? {}), ["text/plain", "application/octet-stream"]);
    assert.deepEqual(content?.["application/octet-stream"]?.schema, { type: "string", format: "binary" });
    assert.equal(description, "At most 1mb. It may be compressed: gzip, br.");
  });

  test("that are forms with files have their fields, their files, and what these may be", () => {
    const body = multipart({
      fields: z.object({ note: z.string() }),
      files: { photo: { types: ["image/png", "image/jpeg"] }, more: { types: ["*"], maxCount: 3 } },
    });
    const { content, required } = operationOf(route.post("/", { ...OPEN, body }, handler)).requestBody ?? {};
    const file = { type: "string", format: "binary" };
    assert.equal(required, true);
    assert.deepEqual(content, {
      "multipart/form-data": {
        schema: {
          allOf: [
            { type: "object", properties: { note: { type: "string" } }, required: ["note"] },
            {
              type: "object",
              properties: { photo: file, more: { type: "array", items: file, maxItems: 3 } },
              required: ["photo"],
            },
          ],
        },
        encoding: { photo: { contentType: "image/png, image/jpeg" }, more: { contentType: "*/*" } },
      },
    });
    const streamed = operationOf(
      route.post("/", { ...OPEN, body: multipartStream({ files: { a: { types: ["*"], optional: true } } }) }, handler),
    );
    assert.deepEqual(streamed.requestBody?.content["multipart/form-data"]?.schema, { type: "object", properties: { a: file } });
    assert.ok(codesOf(streamed, "415").includes("E_HTTP_FILE_TYPE_UNSUPPORTED"));
  });

  test("whose schema looks something up are required, and what comes of the look-up is nobody's error", async () => {
    const later = z.object({ a: z.string() }).refine(() => Promise.reject(new Error("look-up failed")));
    assert.equal(operationOf(route.post("/", { ...OPEN, body: later }, handler)).requestBody?.required, true);
    await new Promise(setImmediate); // an unhandled rejection would end the test here
  });
});

describe("replies", () => {
  test("have their schema by status, as it is given and not as it is taken", () => {
    const Time = z.object({ at: z.date(), count: z.number().default(1) });
    const operation = operationOf(
      route.get("/", { ...OPEN, reply: { 200: Time, 404: z.object({ gone: z.boolean() }) } }, () =>
        reply.json(404, { gone: true }),
      ),
    );
    assert.deepEqual(schemaOfReply(operation), {
      type: "object",
      properties: { at: { type: "string", format: "date-time" }, count: { type: "number", default: 1 } },
      required: ["at", "count"],
    });
    assert.deepEqual(Object.keys(operation.responses), ["200", "400", "404", "503", "default"]);
  });

  test("that share a status with a problem have both media types", () => {
    const declared = route.get("/:id", { ...OPEN, reply: { 404: z.object({ gone: z.boolean() }) } }, () =>
      reply.json(404, { gone: true }),
    );
    assert.deepEqual(Object.keys(operationOf(declared).responses["404"]?.content ?? {}), [
      "application/json",
      "application/problem+json",
    ]);
  });

  test("without a schema are what `answers` says, else any success", () => {
    const noted = operationOf(
      route.get("/", { ...OPEN, answers: { 200: { type: "text/html" }, 204: { description: "Nothing." } } }, handler),
    );
    assert.deepEqual(noted.responses["200"], { description: "OK.", content: { "text/html": {} } });
    assert.deepEqual(noted.responses["204"], { description: "Nothing." });
    assert.deepEqual(operationOf(route.get("/", OPEN, handler)).responses["2XX"]?.content, { "*/*": {} });
  });
});

const headersOf = (operation: Operation, status: string): string[] => Object.keys(operation.responses[status]?.headers ?? {});
const headerParameters = ({ parameters = [] }: Operation): string[] =>
  parameters.filter((one) => one.in === "header").map(({ name }) => name);

describe("answers by version and part", () => {
  test("of a file are said with their headers, and how they are asked for", () => {
    const answers = { 200: { type: "image/*", file: true } };
    const file = operationOf(route.get("/:id", { ...OPEN, answers }, handler));
    assert.deepEqual(headerParameters(file), ["Range", "If-Range", "If-None-Match"]);
    assert.deepEqual(headersOf(file, "200"), ["ETag", "Last-Modified", "Accept-Ranges"]);
    assert.deepEqual(headersOf(file, "206"), ["ETag", "Last-Modified", "Accept-Ranges", "Content-Range"]);
    assert.deepEqual(Object.keys(file.responses["206"]?.content ?? {}), ["image/*", "multipart/byteranges"]);
    assert.deepEqual(headersOf(file, "304"), ["ETag", "Last-Modified"]);
    assert.equal(file.responses["304"]?.content, undefined);
    assert.deepEqual(codesOf(file, "412"), ["E_HTTP_PRECONDITION_FAILED"]);
    assert.deepEqual(codesOf(file, "416"), ["E_HTTP_RANGE_UNSATISFIABLE"]);
    assert.deepEqual(headersOf(file, "416"), ["Content-Range"]);
  });

  test("of JSON with tags say these, of reads alone", () => {
    const reply = z.object({ a: z.string() });
    const read = operationOf(route.get("/", { ...OPEN, reply }, handler), { etag: "auto" });
    assert.deepEqual([headersOf(read, "200"), headersOf(read, "304")], [["ETag"], ["ETag"]]);
    assert.deepEqual([headerParameters(read), codesOf(read, "412")], [["If-None-Match"], ["E_HTTP_PRECONDITION_FAILED"]]);
    const write = operationOf(route.post("/", { ...OPEN, reply }, handler), { etag: "auto" });
    assert.deepEqual([headersOf(write, "200"), headerParameters(write), write.responses["304"]], [[], [], undefined]);
  });

  test("of changes that must say what they are meant for have the header for it, unless the route describes it itself", () => {
    const change = { ...OPEN, ifMatch: "required", answers: { 204: {} } } as const;
    assert.deepEqual(headerParameters(operationOf(route.delete("/", change, handler))), ["If-Match"]);
    const headers = z.object({ "if-match": z.string().describe("Mine.") });
    const own = operationOf(route.delete("/", { ...change, headers }, handler));
    assert.deepEqual(
      own.parameters?.map(({ name, description }) => [name, description]),
      [["if-match", "Mine."]],
    );
  });

  test("say where to go on when something was created or is elsewhere", () => {
    const answers = { 200: {}, 201: {}, 303: {} };
    const operation = operationOf(route.post("/", { ...OPEN, answers }, handler));
    assert.deepEqual(
      ["200", "201", "303"].map((status) => headersOf(operation, status)),
      [[], ["Location"], ["Location"]],
    );
  });
});

describe("problems", () => {
  const limit = {
    name: "n",
    stage: "address",
    count: 5,
    windowSeconds: 60,
    engine: { open: () => () => ({}) as never },
  } as const;
  const rule: AuthRule<string> = {
    scheme: "basic",
    challenge: 'Basic realm="x"',
    credentials: { securityScheme: { type: "http", scheme: "basic" }, errors: [{ code: "E_X_WHO", status: 401, title: "Who" }] },
    identify: () => "somebody",
  };

  test("are those of the steps that the route has", () => {
    const bare = operationOf(route.get("/", { ...OPEN, deadline: "0s" }, handler));
    assert.deepEqual(Object.keys(bare.responses), ["400", "503", "2XX", "default"]);
    assert.deepEqual(codesOf(bare, "503"), ["E_HTTP_OVERLOADED", "E_HTTP_MAINTENANCE", "E_HTTP_SHUTTING_DOWN"]);
    const body = z.object({ a: z.string() });
    const full = operationOf(route.post("/:id", { auth: rule, body, limit }, handler));
    const codes = Object.fromEntries(Object.keys(full.responses).map((status) => [status, codesOf(full, status)]));
    assert.deepEqual(codes, {
      400: [
        "E_HTTP_REQUEST_MALFORMED",
        "E_HTTP_PATH_MALFORMED",
        "E_HTTP_BODY_INTERRUPTED",
        "E_HTTP_TRAILER_FORBIDDEN",
        "E_HTTP_BODY_MALFORMED",
        "E_HTTP_REQUEST_INVALID",
      ],
      401: ["E_X_WHO"],
      403: ["E_HTTP_ORIGIN_REFUSED", "E_HTTP_FORBIDDEN", "E_HTTP_CALLER_BLOCKED"],
      404: ["E_HTTP_ROUTE_NOT_FOUND"],
      408: ["E_HTTP_REQUEST_TIMEOUT"],
      413: ["E_HTTP_BODY_TOO_LARGE"],
      415: ["E_HTTP_BODY_TYPE_UNSUPPORTED", "E_HTTP_BODY_ENCODING_UNSUPPORTED", "E_HTTP_BODY_CHARSET_UNSUPPORTED"],
      429: ["E_HTTP_RATE_LIMITED"],
      503: [
        "E_HTTP_LIMIT_UNDECIDED",
        "E_HTTP_DEADLINE_EXCEEDED",
        "E_HTTP_OVERLOADED",
        "E_HTTP_MAINTENANCE",
        "E_HTTP_SHUTTING_DOWN",
      ],
      "2XX": [],
      default: [],
    });
  });

  test("have the headers that they are sent with", () => {
    const { responses } = operationOf(route.get("/", { auth: rule, limit }, handler));
    assert.deepEqual(Object.keys(responses["429"]?.headers ?? {}), ["RateLimit", "RateLimit-Policy", "Retry-After"]);
    assert.ok("WWW-Authenticate" in (responses["401"]?.headers ?? {}));
    assert.ok("RateLimit" in (responses["2XX"]?.headers ?? {}));
  });

  test("that the handler declares are listed with their codes", () => {
    const mine = defineErrors<{ GONE: object; SOLD: object }, "shop">("shop", {
      GONE: { status: 410, title: "Gone", message: () => "It is gone." },
      SOLD: { status: 410, title: "Sold", message: () => "It is sold." },
    });
    const operation = operationOf(route.get("/", { ...OPEN, errors: [mine.GONE, mine.SOLD] }, handler));
    assert.deepEqual(codesOf(operation, "410"), ["E_SHOP_GONE", "E_SHOP_SOLD"]);
    assert.equal(operation.responses["410"]?.description, "Gone; Sold.");
  });

  test("each have an example under their code", () => {
    const { components } = documentOf([route.get("/:id", OPEN, handler)]);
    assert.deepEqual(components.examples["E_HTTP_ROUTE_NOT_FOUND"]?.summary, "Not found");
  });
});

describe("security", () => {
  const by = (challenge: string, credentials?: AuthRule<null>["credentials"]): AuthRule<null> => ({
    scheme: "mine",
    challenge,
    identify: () => null,
    ...(credentials === undefined ? {} : { credentials }),
  });

  test("is nothing where anybody may call, else the rule's scheme and scopes", () => {
    assert.deepEqual(operationOf(route.get("/", OPEN, handler)).security, []);
    const key = { type: "apiKey", in: "header", name: "x-key" };
    const declared = route.get("/", { auth: by("Key", { securityScheme: key, scopes: ["a:b"] }) }, handler);
    assert.deepEqual(operationOf(declared).security, [{ mine: ["a:b"] }]);
    assert.deepEqual(documentOf([declared]).components.securitySchemes, { mine: key });
  });

  test("is told from the challenge when the rule does not describe itself", () => {
    const { components } = documentOf([route.get("/", { auth: by('Basic realm="x"') }, handler)]);
    assert.deepEqual(components.securitySchemes, { mine: { type: "http", scheme: "basic" } });
  });

  test("keeps rules of one name apart that send credentials in different ways", () => {
    const document = documentOf([
      route.get("/a", { auth: by("Basic") }, handler),
      route.get("/b", { auth: by("Bearer") }, handler),
      route.get("/c", { auth: by("Basic") }, handler),
    ]);
    assert.deepEqual(Object.keys(document.components.securitySchemes), ["mine", "mine2"]);
    assert.deepEqual(document.paths["/c"]?.["get"]?.security, [{ mine: [] }]);
  });
});

describe("deprecated routes", () => {
  test("are said to be, with the headers that they send", () => {
    const deprecated = { since: "2026-07-01", sunset: "2027-07-01", link: "/news", gone: true };
    const operation = operationOf(route.get("/", { ...OPEN, deprecated }, handler));
    assert.equal(operation.deprecated, true);
    assert.deepEqual(operation.responses["2XX"]?.headers, {
      Deprecation: { schema: { type: "string", const: "@1782864000" } },
      Sunset: { schema: { type: "string", const: "Thu, 01 Jul 2027 00:00:00 GMT" } },
      Link: { schema: { type: "string", const: '</news>; rel="deprecation"' } },
    });
    assert.deepEqual(codesOf(operation, "410"), ["E_HTTP_GONE"]);
    assert.equal(operationOf(route.get("/", OPEN, handler)).deprecated, undefined);
  });
});

describe("versions by header", () => {
  test("are documented as the default one, which says how to ask for it", () => {
    const declared = ["1", "2"].map((version) => route.get("/a", { ...OPEN, version, summary: `v${version}` }, handler));
    const { document, warnings } = createDocument({ routes: declared, versions: { default: "2" }, title: "t", version: "1" });
    const operation = document.paths["/a"]?.["get"];
    assert.equal(operation?.summary, "v2");
    assert.deepEqual(
      operation.parameters?.map(({ name, in: place, schema }) => [name, place, schema["const"]]),
      [["api-version", "header", "2"]],
    );
    assert.ok(codesOf(operation, "400").includes("E_HTTP_VERSION_UNKNOWN"));
    assert.match(warnings.join(), /version 1 of GET \/a is left out/);
  });
});

describe("limits", () => {
  test("are said where OpenAPI has no words for them", () => {
    const limit = {
      name: "n",
      stage: "address",
      count: 5,
      windowSeconds: 60,
      engine: { open: () => () => ({}) as never },
    } as const;
    const operation = operationOf(route.get("/", { ...OPEN, limit: [limit] }, handler));
    assert.deepEqual(operation["x-limits"], [{ name: "n", count: 5, windowSeconds: 60 }]);
    assert.deepEqual([operation["x-deadline"], operation["x-body-limit"]], [30_000, undefined]);
  });
});
