import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bodyStream, group, listOf, mergePolicies, route } from "#src/http/route";
import type { Middleware, RouteContract } from "#src/http/contract";

const handler = (): number => 1;

describe("a route", () => {
  it("is a plain value of what was declared", () => {
    const contract = { auth: "public" } as const;
    for (const method of ["get", "post", "put", "patch", "delete"] as const) {
      assert.deepEqual(route[method]("/a", contract, handler), {
        kind: "route",
        method: method.toUpperCase(),
        path: "/a",
        contract,
        handler,
      });
    }
  });
});

describe("a group", () => {
  const member = route.get("/a", { auth: "public" }, handler);

  it("puts its prefix before every path", () => {
    const paths = (prefix: string | undefined, path: string): string | undefined =>
      group(prefix === undefined ? {} : { prefix }, [route.get(path, { auth: "public" }, handler)])[0]?.path;
    assert.equal(paths("/v1", "/a"), "/v1/a");
    assert.equal(paths("/v1", "/"), "/v1");
    assert.equal(paths("/t/:tenant", "/a/:id"), "/t/:tenant/a/:id");
    assert.equal(paths(undefined, "/"), "/");
    assert.equal(group({ prefix: "/a" }, group({ prefix: "/b" }, [member]))[0]?.path, "/a/b/a");
  });

  it("shares its policies, and a route's own wins", () => {
    const own = route.get("/a", { auth: "public", deadline: "1s" }, handler);
    const [shared, kept] = group({ deadline: "5s", bodyLimit: "2kb", csrf: "none" }, [member, own]);
    assert.deepEqual(shared?.contract, { auth: "public", deadline: "5s", bodyLimit: "2kb", csrf: "none" });
    assert.equal(kept?.contract.deadline, "1s");
  });

  it("never decides who may call, whatever it is given", () => {
    const undecided = { ...member, contract: {} as RouteContract };
    const [grouped] = group({ auth: "public" } as object, [undecided]);
    assert.equal(grouped?.contract.auth, undefined);
  });

  it("leaves its members as they were", () => {
    const before = structuredClone({ ...member, handler: undefined });
    group({ prefix: "/v1", deadline: "5s" }, [member]);
    assert.deepEqual({ ...member, handler: undefined }, before);
  });
});

describe("policies", () => {
  it("add their middleware up, the outer's first", () => {
    const [one, two, three] = [1, 2, 3].map((): Middleware => (next) => next) as [Middleware, Middleware, Middleware];
    assert.deepEqual(mergePolicies({ use: [one, two] }, { auth: "public", use: three }).use, [one, two, three]);
    assert.ok(!("use" in mergePolicies({}, { auth: "public" })));
  });
});

describe("one or several", () => {
  it("are a list", () => {
    const item = {};
    assert.deepEqual([listOf(undefined), listOf(item), listOf([item, item])], [[], [item], [item, item]]);
  });
});

describe("a body stream", () => {
  it("takes any type unless some are named", () => {
    assert.deepEqual(bodyStream(), { kind: "stream", types: ["*"] });
    assert.deepEqual(bodyStream("a/b", "c/d"), { kind: "stream", types: ["a/b", "c/d"] });
  });
});
