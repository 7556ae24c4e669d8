import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { defineApp } from "plinth/app";
import { createTestApp } from "plinth/testing";
import { landing } from "../../pages/landing.ts";
import type { Services } from "../../services.ts";
import { openParcel } from "../support/parcel.ts";

describe("the landing page", () => {
  test("is HTML for anybody, and says what is here", async () => {
    await using parcel = await openParcel({ uploads: { maxSize: "7mb" }, adminPort: 4001 });
    const answer = await parcel.app.fetch("/");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    const page = await answer.text();
    assert.match(page, /^<!doctype html>/i);
    for (const part of ["7mb", "http://localhost:4001/metrics"]) assert.ok(page.includes(part), part);
    assert.match(page, /<link rel="icon" href="data:,"/); // browsers ask for /favicon.ico otherwise
    assert.match(answer.headers.get("content-security-policy") ?? "", /img-src 'self' data:/);
  });

  test("names every route that the API document has", async () => {
    await using parcel = await openParcel();
    const document = (await (await parcel.app.fetch("/openapi.json")).json()) as { readonly paths: Record<string, object> };
    const page = await (await parcel.app.fetch("/")).text();
    const named = [...page.matchAll(/<td><code>([A-Z]+ [^?<]+)/g)].map(([, name]) => name);
    const declared = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
    );
    assert.deepEqual(new Set(named), new Set(declared));
  });

  test("has addresses of the machine in development and test alone", async () => {
    const services = { config: { uploads: { maxSize: "1mb" }, port: 3000, adminPort: 3001 } } as unknown as Services;
    for (const [environment, shown] of [
      ["development", true],
      ["test", true],
      ["production", false],
    ] as const) {
      const app = defineApp({ name: "page", routes: [() => landing({ ...services, environment })] });
      await using running = await createTestApp(app);
      assert.equal((await (await running.fetch("/")).text()).includes("localhost"), shown, environment);
    }
  });

  test("is limited by address", async () => {
    await using parcel = await openParcel();
    assert.match((await parcel.app.fetch("/")).headers.get("ratelimit-policy") ?? "", /"page";q=600;w=60/);
  });

  test("runs no script, and lets only its own style in", async () => {
    await using parcel = await openParcel();
    const answer = await parcel.app.fetch("/");
    const page = await answer.text();
    const csp = answer.headers.get("content-security-policy") ?? "";
    const nonce = /<style nonce="([^"]+)">/.exec(page)?.[1] as string;
    assert.ok(csp.includes(`'nonce-${nonce}'`), csp);
    assert.doesNotMatch(csp, /unsafe-/);
    assert.doesNotMatch(page, /<script|\sstyle=|\son[a-z]+=|javascript:/i);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
  });

  test("has another nonce each time", async () => {
    await using parcel = await openParcel();
    const nonces = await Promise.all(
      Array.from({ length: 3 }, async () => /nonce="([^"]+)"/.exec(await (await parcel.app.fetch("/")).text())?.[1]),
    );
    assert.equal(new Set(nonces).size, 3);
  });

  test("closes every element that it opens", async () => {
    await using parcel = await openParcel();
    const page = await (await parcel.app.fetch("/")).text();
    const open: string[] = [];
    for (const [, end, name = ""] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
      if (["meta", "link", "br"].includes(name)) continue;
      if (end === "") open.push(name);
      else assert.equal(open.pop(), name);
    }
    assert.deepEqual(open, []);
  });
});
