import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { documentRoutes, route, routes } from "#src/http/mod";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import * as z from "zod";
import { createApp, createRecordingLog } from "../support.ts";

const old: StandardSchemaV1 = { "~standard": { version: 1, vendor: "old", validate: (value) => ({ value }) } };
const declared = routes(route.get("/a", { auth: "public", reply: old }, () => 1));

describe("the served document", () => {
  test("is JSON with a strong validator, asked for again without being sent again", async () => {
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: declared, title: "t", version: "1", log }));
    const first = await app.fetch("/openapi.json");
    const etag = first.headers.get("etag") ?? "";
    assert.match(etag, /^"[\w-]{22}"$/);
    assert.equal(first.headers.get("content-type"), "application/json; charset=utf-8");
    assert.equal(first.headers.get("cache-control"), "no-cache");
    assert.equal(((await first.json()) as { openapi: string }).openapi, "3.1.1");
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await app.fetch("/openapi.json", { headers: { "if-none-match": known } });
      assert.deepEqual([again.status, again.headers.get("etag"), await again.text()], [304, etag, ""]);
    }
    const changed = await app.fetch("/openapi.json", { headers: { "if-none-match": '"other"' } });
    assert.equal(changed.status, 200);
  });

  test("is made when it is first asked for, once, and says then what it cannot say", async () => {
    const { log, lines } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: declared, title: "t", version: "1", log }));
    assert.equal(lines.length, 0);
    const answers = await Promise.all([app.fetch("/openapi.json"), app.fetch("/openapi.json")]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200],
    );
    assert.deepEqual(
      lines.map(({ message }) => message),
      ["the API document is not whole"],
    );
  });

  test("has another strong tag in each content coding, as decision 0007 has it", async () => {
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: declared, title: "t".repeat(2_000), version: "1", log }));
    for (const path of ["/openapi.json", "/docs/swagger-ui.css"]) {
      const ask = (headers: Record<string, string>): Promise<Response> => app.fetch(path, { headers });
      const plain = (await ask({})).headers.get("etag") ?? "";
      for (const coding of ["gzip", "br", "zstd"]) {
        const answer = await ask({ "accept-encoding": coding });
        const etag = answer.headers.get("etag") ?? "";
        assert.deepEqual([answer.headers.get("content-encoding"), etag], [coding, plain.replace(/"$/, `~${coding}"`)], path);
        assert.equal((await ask({ "accept-encoding": coding, "if-none-match": etag })).status, 304);
        assert.equal((await ask({ "if-none-match": etag })).status, 200);
      }
    }
  });

  test("does not list itself", async () => {
    const { log } = createRecordingLog();
    const own = documentRoutes({ routes: declared, title: "t", version: "1", log });
    const app = await createApp(documentRoutes({ routes: [...declared, ...own], title: "t", version: "1", log }));
    const document = (await (await app.fetch("/openapi.json")).json()) as { paths: object };
    assert.deepEqual(Object.keys(document.paths), ["/a"]);
  });
});

const ATTACK = `"><script>alert(1)</script><img src=x onerror=alert(1)>`;

describe("the page without scripts", () => {
  const query = z.object({ [ATTACK]: z.string().describe(ATTACK) });
  const attacked = routes(
    route.post(
      "/things/:id",
      {
        auth: "public",
        summary: ATTACK,
        description: `Longer words. ${ATTACK}`,
        tags: [ATTACK],
        query,
        body: z.object({ [`${ATTACK}field`]: z.string().describe(ATTACK) }),
        answers: { 200: { description: ATTACK } },
      },
      () => undefined,
    ),
    route.get("/old", { auth: "public", deprecated: true }, () => undefined),
  );

  test("lists every operation with its parameters, body and answers", async () => {
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: attacked, title: "Things", version: "1.2", log, interactive: false }));
    const answer = await app.fetch("/docs");
    const page = await answer.text();
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    assert.match(answer.headers.get("content-security-policy") ?? "", /script-src 'nonce-/);
    for (const part of [
      "POST /things/{id}",
      "path, string, required",
      "Longer words.",
      "application/json",
      "415",
      "GET /old",
      "(deprecated)",
      "Version 1.2",
    ]) {
      assert.ok(page.includes(part), part);
    }
    assert.equal((await app.fetch("/docs/start.js")).status, 404);
  });

  test("says the fields of bodies and answers, and a route once", async () => {
    const Part = z.object({ id: z.uuid(), weight: z.number().optional().describe("In grams.") }).meta({ id: "Part" });
    const Thing = z.object({ kind: z.enum(["a", "b"]), parts: z.array(Part), rest: z.record(z.string(), Part) });
    const made = routes(
      route.post("/things", { auth: "public", body: Thing, reply: { 201: Part } }, () => assert.fail("called")),
    );
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: made, title: "Things", version: "1", log, interactive: false }));
    const page = (await (await app.fetch("/docs")).text()).replaceAll(/\s+/g, " ");
    for (const [name, facts] of [
      ["kind", "&quot;a&quot; | &quot;b&quot;, required"],
      ["parts", "Part[], required"],
      ["parts[].id", "string (uuid), required"],
      ["parts[].weight", "number, In grams."],
      ["rest.*", "Part"],
      ["rest.*.id", "string (uuid), required"],
      ["id", "string (uuid), required"],
      ["requestId", "string, required, Quote it"],
    ] as const) {
      assert.ok(page.includes(`<td><code>${name}</code></td> <td>${facts}`), name);
    }
    assert.equal(page.split("POST /things").length, 2);
  });

  test("shows declared texts as they are (lesson: GHSA-9r54-q6cx-xmh5)", async () => {
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: attacked, title: ATTACK, version: ATTACK, log, interactive: false }));
    const page = await (await app.fetch("/docs")).text();
    assert.doesNotMatch(page, /<script|<img/);
    assert.ok(page.split("&lt;script&gt;").length > 7);
  });
});

describe("the interactive page", () => {
  test("loads its own files alone, with a policy that allows no others and nothing inline", async () => {
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: declared, title: ATTACK, version: "1", log }));
    const answer = await app.fetch("/docs");
    const page = await answer.text();
    const policy = answer.headers.get("content-security-policy") ?? "";
    assert.match(policy, /script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|\*|http/);
    assert.doesNotMatch(page, /<script>|<img|https?:/);
    const files = [...page.matchAll(/(?:src|href)="(docs\/[^"]+)"/g)].map(([, file]) => file as string);
    assert.equal(files.length, 3);
    for (const file of files) {
      const loaded = await app.fetch(`/${file}`);
      assert.equal(loaded.status, 200);
      assert.match(loaded.headers.get("content-type") ?? "", file.endsWith(".css") ? /^text\/css/ : /^text\/javascript/);
      assert.ok((await loaded.text()).length > 100);
    }
  });

  test("has files that are not sent again, and no others", async () => {
    const { log } = createRecordingLog();
    const app = await createApp(documentRoutes({ routes: declared, title: "t", version: "1", log }));
    const first = await app.fetch("/docs/swagger-ui.css");
    await first.arrayBuffer();
    const headers = { "if-none-match": first.headers.get("etag") ?? "" };
    assert.equal((await app.fetch("/docs/swagger-ui.css", { headers })).status, 304);
    for (const name of ["package.json", "index.html", "..%2fpackage.json", "swagger-ui.css%00", "swagger-ui_css", "__proto__"]) {
      assert.equal((await app.fetch(`/docs/${name}`)).status, 404, name);
    }
  });
});
