import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { type FolderOptions, serveFolder } from "#src/http/files/serve-folder";
import { group } from "#src/http/route";
import { mutatePath } from "../../support/path-mutations.ts";
import { type TestApp, createApp, problemOf, rawStatus } from "../support.ts";

const top = mkdtempSync(join(tmpdir(), "plinth-folder-"));
after(() => rmSync(top, { recursive: true }));
const root = join(top, "public");
const CODE = "export const answer = 42;\n".repeat(100);
mkdirSync(join(root, "docs", "deep"), { recursive: true });
mkdirSync(join(root, ".git"));
mkdirSync(join(top, "private"));
const put = (path: string, content: string | Uint8Array): void => writeFileSync(join(top, path), content);
put("secret.txt", "secret");
put("private/secret.txt", "secret");
put("public/.env", "secret");
put("public/.git/config", "secret");
put("public/app.js", CODE);
put("public/app.js.br", brotliCompressSync(CODE));
put("public/app.js.gz", gzipSync(CODE));
put("public/a b é.txt", "named");
put("public/index.html", "<p>home");
put("public/docs/index.html", "<p>docs");
put("public/docs/deep/page.html", "<p>page");
put("public/percent%2e.txt", "percent");
symlinkSync("app.js", join(root, "link-inside.js"));
symlinkSync("docs", join(root, "folder-inside"));
symlinkSync("../secret.txt", join(root, "link-outside.txt"));
symlinkSync("../private", join(root, "folder-outside"));
symlinkSync(".env", join(root, "link-to-hidden"));
symlinkSync("/etc/passwd", join(root, "link-to-system"));
symlinkSync("loop", join(root, "loop"));

const appOf = (options: Partial<FolderOptions> = {}, path = "/assets"): Promise<TestApp> =>
  createApp([...serveFolder(path, root, { auth: "public", ...options })]);

describe("a folder", () => {
  it("serves its files with type, version and parts", async () => {
    const app = await appOf();
    const answer = await app.fetch("/assets/app.js");
    assert.equal(await answer.text(), CODE);
    assert.deepEqual(
      ["content-type", "content-disposition", "cache-control", "accept-ranges", "x-content-type-options"].map((name) =>
        answer.headers.get(name),
      ),
      ["text/javascript; charset=utf-8", "inline", "private, no-cache", "bytes", "nosniff"],
    );
    const etag = answer.headers.get("etag") as string;
    assert.equal((await app.fetch("/assets/app.js", { headers: { "if-none-match": etag } })).status, 304);
    const part = await app.fetch("/assets/app.js", { headers: { range: "bytes=0-5" } });
    assert.deepEqual([part.status, await part.text()], [206, "export"]);
    assert.equal((await app.fetch("/assets/app.js", { method: "HEAD" })).headers.get("content-length"), String(CODE.length));
    assert.equal((await app.fetch("/assets/app.js", { method: "POST" })).status, 405);
  });

  it("serves names of any characters, nested ones, and links that stay inside", async () => {
    const app = await appOf();
    for (const [path, text] of [
      ["/assets/a%20b%20%C3%A9.txt", "named"],
      ["/assets/docs/deep/page.html", "<p>page"],
      ["/assets/link-inside.js", CODE],
      ["/assets/folder-inside/index.html", "<p>docs"],
      ["/assets/percent%252e.txt", "percent"],
    ] as const)
      assert.equal(await (await app.fetch(path)).text(), text, path);
  });

  it("is 404 for what is not there, as a problem", async () => {
    const answer = await (await appOf()).fetch("/assets/nothing.js");
    assert.deepEqual([answer.status, (await problemOf(answer)).code], [404, "E_HTTP_ROUTE_NOT_FOUND"]);
  });

  it("is 404 without an index, and has one where that was said", async () => {
    const plain = await appOf();
    for (const path of ["/assets", "/assets/", "/assets/docs", "/assets/docs/"])
      assert.equal((await plain.fetch(path)).status, 404, path);
    const app = await appOf({ index: "index.html" });
    assert.equal(await (await app.fetch("/assets/")).text(), "<p>home");
    assert.equal(await (await app.fetch("/assets/docs/")).text(), "<p>docs");
    for (const [path, target] of [
      ["/assets", "/assets/"],
      ["/assets/docs?q=1", "/assets/docs/"],
    ] as const) {
      const answer = await app.fetch(path);
      assert.deepEqual([answer.status, answer.headers.get("location")], [307, target]);
    }
    for (const path of ["/assets/docs/deep", "/assets/docs/deep/", "/assets/app.js/"])
      assert.equal((await app.fetch(path)).status, 404, path);
  });

  it("may be the whole site, and never leads off it (CVE-2026-27959)", async () => {
    const app = await appOf({ index: "index.html" }, "");
    assert.equal(await (await app.fetch("/")).text(), "<p>home");
    assert.equal((await app.fetch("/docs")).headers.get("location"), "/docs/");
    for (const path of [
      "//docs",
      "//evil.example",
      "/\\docs",
      "/\\evil.example",
      "/%2fdocs",
      "///docs",
      "/docs//",
      "/./docs",
      "/%5cdocs",
    ])
      assert.equal(await rawStatus(app, path), 404, path);
  });

  it("stands below a group, behind its guards", async () => {
    const nobody = { scheme: "t", challenge: "T", identify: () => null };
    const app = await createApp([
      ...group({ prefix: "/v1" }, serveFolder("/files", root, { auth: nobody, index: "index.html" })),
    ]);
    for (const path of ["/v1/files/app.js", "/v1/files", "/v1/files/nothing"]) assert.equal((await app.fetch(path)).status, 403);
  });

  it("keeps and says what it is told", async () => {
    const app = await appOf({
      cache: { maxAge: "365d", shared: true, immutable: true },
      headers: { "content-security-policy": "default-src 'self'" },
    });
    const { headers } = await app.fetch("/assets/index.html");
    assert.deepEqual(
      [headers.get("cache-control"), headers.get("content-security-policy")],
      ["public, max-age=31536000, immutable", "default-src 'self'"],
    );
  });

  it("serves a file that is compressed already, to who takes it", async () => {
    const app = await appOf({ precompressed: true });
    for (const [accept, coding] of [
      ["gzip, br, zstd", "br"],
      ["gzip", "gzip"],
      ["gzip, br;q=0.5", "gzip"],
      ["zstd, identity", null],
      ["identity", null],
    ] as const) {
      const answer = await app.fetch("/assets/app.js", { headers: { "accept-encoding": accept } });
      assert.deepEqual(
        ["content-encoding", "content-type", "vary"].map((name) => answer.headers.get(name)),
        [accept === "zstd, identity" ? "zstd" : coding, "text/javascript; charset=utf-8", "accept-encoding"],
        accept,
      );
    }
    const plain = await app.fetch("/assets/app.js");
    const coded = await app.fetch("/assets/app.js", { headers: { "accept-encoding": "br" } });
    assert.notEqual(plain.headers.get("etag"), coded.headers.get("etag"));
    assert.equal(Buffer.from(await coded.arrayBuffer()).compare(brotliCompressSync(CODE)), 0);
  });

  it("that is missing does not start", () => {
    for (const path of [join(top, "missing"), join(top, "secret.txt"), "/dev/null"])
      assert.throws(() => serveFolder("/a", path, { auth: "public" }), { code: "E_HTTP_FOLDER_MISSING" }, path);
  });
});

/** Paths below the folder that must never be answered with a file. */
const TRAVERSALS: readonly string[] = [
  "../secret.txt",
  "..%2fsecret.txt",
  "%2e%2e/secret.txt",
  "%2e%2e%2fsecret.txt",
  "%252e%252e%252fsecret.txt",
  "%252e%252e/secret.txt",
  "%25252e%25252e%25252fsecret.txt",
  "..%5csecret.txt",
  "..%255csecret.txt",
  "..\\secret.txt",
  ".../...//secret.txt",
  "....//secret.txt",
  "....%2f%2fsecret.txt",
  "./../secret.txt",
  "docs/../../secret.txt",
  "docs/..%2f..%2fsecret.txt",
  "docs/%2e%2e/%2e%2e/secret.txt",
  "docs/deep/../../../secret.txt",
  "..;/secret.txt",
  "..%00/secret.txt",
  "..%c0%afsecret.txt",
  "%c0%ae%c0%ae/secret.txt",
  "%e0%80%ae%e0%80%ae/secret.txt",
  "%uff0e%uff0e/secret.txt",
  "\uff0e\uff0e/secret.txt",
  "..\uff0fsecret.txt",
  "..\u2215secret.txt",
  "//etc/passwd",
  "///etc/passwd",
  "%2fetc/passwd",
  "%2f%2fetc/passwd",
  "/etc/passwd",
  "file:///etc/passwd",
  "C:/Windows/win.ini",
  "C:%5cWindows%5cwin.ini",
  "%5c%5cserver%5cshare",
  "..%5c..%5cWindows%5cwin.ini",
  "app.js%00.txt",
  "app.js%00",
  "app.js::$DATA",
  "app.js%20",
  "app.js.",
  "app.js/",
  "app.js/.",
  "app.js/../app.js",
  "docs//index.html",
  "docs/./index.html",
  "docs/%2e/index.html",
  "docs%2findex.html",
  "docs%5cindex.html",
  ".env",
  "%2eenv",
  ".git/config",
  "%2egit/config",
  ".git%2fconfig",
  "docs/../.env",
  "link-outside.txt",
  "folder-outside/secret.txt",
  "folder-outside",
  "folder-inside/../../secret.txt",
  "link-to-hidden",
  "link-to-system",
  "loop",
  "loop/x",
  "con",
  "nul.js",
  "docs",
  "docs/",
  "%",
  "%2",
  "%zz",
  "%ff",
  "%ed%a0%80",
  `${"a/".repeat(4_000)}b`,
  "x".repeat(5_000),
];

describe("CVE-2026-7120, GHSA-wc8c-qw6v-h7f6, GHSA-wr4h-v87w-p3r7: no spelling of a path leads out of the folder", () => {
  for (const traversal of TRAVERSALS) {
    it(JSON.stringify(traversal.slice(0, 40)), async () => {
      const app = await appOf();
      const status = await rawStatus(app, `/assets/${traversal}`);
      assert.ok(status === 404 || (status === 400 && traversal.includes("%")), String(status));
      assert.deepEqual(app.lines, []);
    });
  }

  it("in 5,000 spellings of paths to secrets", async () => {
    const app = await appOf({ index: "index.html" });
    for (const path of [
      "/assets/../secret.txt",
      "/assets/.env",
      "/assets/folder-outside/secret.txt",
      "/assets/docs/../../secret.txt",
    ]) {
      for (const spelling of mutatePath(path, 1_250)) {
        const status = await rawStatus(app, spelling);
        assert.ok(status !== 200 && status < 500, `${spelling} got ${status}`);
      }
    }
    assert.deepEqual(app.lines, []);
  });

  it("made of any pieces (property)", async () => {
    const app = await appOf();
    const piece = fc.constantFrom(
      "..",
      ".",
      "/",
      "%2e",
      "%2f",
      "%5c",
      "\\",
      "%00",
      "%25",
      "secret.txt",
      "docs",
      ".env",
      "folder-outside",
      "link-outside.txt",
      "~",
      ":",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 8 }), async (pieces) => {
        const status = await rawStatus(app, `/assets/${pieces.join("")}`);
        assert.ok([400, 404].includes(status), String(status));
      }),
      { numRuns: 1_000 },
    );
  });

  it("leaves no file open", { skip: process.platform === "linux" ? false : "needs /proc" }, async () => {
    const app = await appOf({ index: "index.html", precompressed: true });
    const held = (): number => readdirSync("/proc/self/fd").length;
    const before = held();
    for (const traversal of [...TRAVERSALS, "app.js", "docs", "docs/", "nothing"]) {
      for (const headers of [{}, { "if-none-match": "*" }, { "if-match": '"x"' }, { range: "bytes=99999-" }] as const) {
        await rawStatus(app, `/assets/${traversal}`, { headers: ["host", "localhost", ...Object.entries(headers).flat()] });
      }
    }
    for (let turn = 0; turn < 1_000 && held() > before; turn++) await new Promise(setImmediate);
    assert.ok(held() <= before, `${held()} handles, ${before} before`);
  });
});
