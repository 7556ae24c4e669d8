import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { MALFORMED, type Match, Router } from "#src/http/router/router";
import { matchSlowly } from "../../support/slow-matcher.ts";

interface Target {
  readonly path: string;
}

function build(...paths: readonly string[]): Router<Target> {
  const router = new Router<Target>();
  for (const path of paths) router.add("GET", path, { path });
  return router;
}

type Found = Match<Target> | typeof MALFORMED | undefined;
const describeMatch = (found: Found): unknown =>
  typeof found === "object"
    ? { template: found.target.path, params: { ...found.params } }
    : found === MALFORMED
      ? "malformed"
      : undefined;

describe("the router", () => {
  const router = build(
    "/",
    "/orders",
    "/orders/",
    "/orders/new",
    "/orders/:id",
    "/orders/:id/lines/:line",
    "/files/*",
    String.raw`/n/:n(\d+)`,
  );
  const find = (path: string): unknown => describeMatch(router.find("GET", path));

  it("prefers literal text to an expression, an expression to a parameter, and a parameter to the wildcard", () => {
    const all = build("/a/b", String.raw`/a/:n(\d+)`, "/a/:p", "/a/*");
    const template = (path: string): string => (all.find("GET", path) as Match<Target>).target.path;
    assert.deepEqual(["/a/b", "/a/12", "/a/c", "/a/c/d"].map(template), ["/a/b", String.raw`/a/:n(\d+)`, "/a/:p", "/a/*"]);
  });

  it("decodes parameters once", () => {
    assert.deepEqual(find("/orders/%41%2Fb"), { template: "/orders/:id", params: { id: "A/b" } });
    assert.deepEqual(find("/orders/%2541"), { template: "/orders/:id", params: { id: "%41" } });
    assert.deepEqual(find("/orders/%25%32%35"), { template: "/orders/:id", params: { id: "%25" } });
    assert.deepEqual(find("/orders/é%20"), { template: "/orders/:id", params: { id: "é " } });
    assert.deepEqual(find("/files/a%2F../b"), { template: "/files/*", params: { "*": "a/../b" } });
  });

  it("CVE-2026-22031: matches an escaped spelling of a literal path as that path", () => {
    assert.deepEqual(find("/%6Frders"), { template: "/orders", params: {} });
    assert.deepEqual(find("/orders/%6eew"), { template: "/orders/new", params: {} });
    assert.equal(find("/orders%2Fnew"), undefined);
    assert.equal(find("/%256Frders"), undefined);
  });

  it("takes no empty parameter, but an empty wildcard", () => {
    assert.deepEqual(find("/orders/"), { template: "/orders/", params: {} });
    assert.equal(describeMatch(build("/orders/:id").find("GET", "/orders/")), undefined);
    assert.equal(find("/orders//lines/1"), undefined);
    assert.equal(find("/orders/1/lines/"), undefined);
    assert.equal(describeMatch(build("/:a(.*)").find("GET", "/")), undefined);
    assert.deepEqual(find("/files/"), { template: "/files/*", params: { "*": "" } });
    assert.deepEqual(describeMatch(build("/:a/*").find("GET", "/x/")), { template: "/:a/*", params: { a: "x", "*": "" } });
  });

  it("treats slashes, dots, case and semicolons as they stand", () => {
    for (const path of [
      "/Orders",
      "//orders",
      "/orders//",
      "/./orders",
      "/x/../orders",
      "/orders;a=b",
      "/orders.",
      "/orders%00",
      "orders",
    ]) {
      assert.equal(find(path), undefined, path);
    }
  });

  it("says when an escape is none", () => {
    for (const path of ["/%", "/%2", "/%zz", "/orders/%C3", "/orders/%ff", "/files/%e0%80", "/%C0%AFetc", "/nowhere/%"]) {
      assert.equal(find(path), "malformed", path);
    }
  });

  it("CVE-2026-47219: answers odd methods with nothing", () => {
    for (const method of [
      "",
      "get",
      "constructor",
      "__proto__",
      "toString",
      "hasOwnProperty",
      "PROPFIND",
      "\0",
      "G".repeat(10_000),
    ]) {
      assert.equal(router.find(method, "/orders"), undefined, method);
      assert.deepEqual(router.methodsOf("/orders", [method]), []);
    }
  });

  it("gives parameters that inherit nothing", () => {
    const hostile = build("/:constructor/:__proto__/:toString");
    const found = hostile.find("GET", "/a/b/c") as Match<Target>;
    assert.ok(!("valueOf" in found.params || "hasOwnProperty" in found.params));
    assert.deepEqual(Object.entries(found.params), [
      ["constructor", "a"],
      ["__proto__", "b"],
      ["toString", "c"],
    ]);
    assert.ok(!("constructor" in (router.find("GET", "/orders") as Match<Target>).params));
  });

  it("takes parameters as long as a target may be", () => {
    const id = "x".repeat(8_000);
    assert.deepEqual(find(`/orders/${id}`), { template: "/orders/:id", params: { id } });
  });

  it("lists the methods of a path", () => {
    const several = build("/a/:id");
    several.add("DELETE", "/a/:id", { path: "/a/:id" });
    several.add("POST", "/a", { path: "/a" });
    assert.deepEqual(several.methodsOf("/a/1", ["GET", "POST", "DELETE"]), ["GET", "DELETE"]);
    assert.deepEqual(several.methodsOf("/a", ["GET", "POST", "DELETE"]), ["POST"]);
    assert.deepEqual(several.methodsOf("/a/%", ["GET", "POST", "DELETE"]), []);
  });

  it("matches in time that grows with the path only (CVE-2024-45813)", () => {
    const nested = build("/:a/:b/:c/:d/x", "/:a/:b/:c/y", "/:a/:b/z", "/:a/*", String.raw`/:a(\d+)/:b(\d+)/x`);
    const started = performance.now();
    for (let count = 0; count < 200; count++) nested.find("GET", `/${"1/".repeat(3_000)}`);
    assert.ok(performance.now() - started < 1_000);
  });
});

/** Random tables over few names, so that templates meet at every place. */
const segment = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom("a", "ab", "abc", "b", "c-d", "e.f", "~g", "A") },
  { weight: 3, arbitrary: fc.constantFrom(":x", ":y", ":z") },
  { weight: 1, arbitrary: fc.constantFrom(String.raw`:n(\d+)`, ":l([a-b]+)") },
);
const template = fc
  .tuple(fc.array(segment, { minLength: 0, maxLength: 4 }), fc.constantFrom("", "", "", "/", "/*"))
  .filter(
    ([segments]) =>
      new Set(segments.filter((one) => one.startsWith(":"))).size === segments.filter((one) => one.startsWith(":")).length,
  )
  .map(([segments, end]) => `/${segments.join("/")}${segments.length === 0 ? end.slice(1) : end}`);
const piece = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("a", "ab", "abc", "b", "c-d", "e.f", "~g", "A", "7", "42", "zz") },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      "",
      "%61",
      "%61b",
      "%2F",
      "%2561",
      "a%2Fb",
      "%C3%A9",
      "%7Eg",
      ".",
      "..",
      "a;b",
      "x:y",
      "*",
      "%3A",
      ":x",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("%", "%C3", "%zz", "a%") },
);
const path = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => `/${pieces.join("/")}`);

/** What the router tells apart: names of parameters do not count, nor which expression stands at a place. */
const shapeOf = (one: string): string => one.replaceAll(/:\w+\(.*?\)/g, ":()").replaceAll(/:\w+/g, ":");

const tables = fc.uniqueArray(template, { minLength: 1, maxLength: 8, selector: shapeOf });

/** The tables of a long run: `ROUTER_RUNS=1000000 node --test …`. Each table is asked 20 paths. */
const RUNS = Math.ceil(Number(process.env["ROUTER_RUNS"] ?? 20_000) / 20);

describe("CVE-2026-27587: the fast path", () => {
  it("finds what the tree finds, and what a plain reading of the templates finds", () => {
    let matched = 0;
    fc.assert(
      fc.property(tables, fc.array(path, { minLength: 20, maxLength: 20 }), (templates, paths) => {
        const router = build(...templates);
        for (const one of paths) {
          const fast = describeMatch(router.find("GET", one));
          assert.deepEqual(fast, describeMatch(router.findInTree("GET", one)), one);
          assert.deepEqual(fast, matchSlowly(templates, one), `${one} in ${templates.join(" ")}`);
          if (typeof fast === "object") matched++;
        }
      }),
      { numRuns: RUNS },
    );
    assert.ok(matched > RUNS, `only ${matched} paths matched: the generator misses the templates`);
  });
});
