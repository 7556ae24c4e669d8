import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { openParcel } from "../support/parcel.ts";

describe("the landing page", () => {
  test("is HTML for anybody, and says what is here", async () => {
    await using parcel = await openParcel({ uploads: { maxSize: "7mb" }, adminPort: 4001 });
    const answer = await parcel.app.fetch("/");
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("content-type"), "text/html; charset=utf-8");
    const page = await answer.text();
    assert.match(page, /^<!doctype html>/i);
    for (const part of ["POST /files", "GET /files", "/files/:id/content", "7mb", "http://localhost:4001/metrics"]) {
      assert.ok(page.includes(part), part);
    }
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
