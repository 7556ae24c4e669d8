import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HostRouter } from "#src/http/router/host-router";
import { MALFORMED } from "#src/http/router/router";

const table = new HostRouter<{ readonly name: string }>();
table.add("api.example.com", "GET", "/x", { name: "api" });
table.add("api.example.com", "GET", "/id/:id", { name: "api id" });
table.add("*.example.com", "GET", "/x", { name: "any sub" });
table.add("*.example.com", "POST", "/x", { name: "any sub post" });
table.add(undefined, "GET", "/x", { name: "any host" });
table.add(undefined, "DELETE", "/x", { name: "any host delete" });

const find = (method: string, path: string, host: string): string | undefined => {
  const found = table.find(method, path, host);
  return typeof found === "object" ? found.target.name : found === MALFORMED ? "malformed" : undefined;
};

describe("routes by host", () => {
  it("of the closest host win, and those of any host come last", () => {
    assert.equal(find("GET", "/x", "api.example.com"), "api");
    assert.equal(find("GET", "/x", "API.example.com.:8443"), "api");
    assert.equal(find("GET", "/x", "www.example.com"), "any sub");
    assert.equal(find("POST", "/x", "api.example.com"), "any sub post");
    assert.equal(find("GET", "/x", "example.com"), "any host");
    assert.equal(find("DELETE", "/x", "api.example.com"), "any host delete");
  });

  it("of another host are out of reach, whatever the host is spelled like", () => {
    for (const host of ["", "evil.example", "xapi.example.com.evil", "example.com", "api.example.com@evil.example", "[::1]"]) {
      assert.equal(find("GET", "/id/1", host), undefined, host);
    }
  });

  it("tell a malformed path from one that is not there", () => {
    assert.equal(find("GET", "/id/%", "api.example.com"), "malformed");
  });

  it("list the methods of a path on one host", () => {
    const methods = ["GET", "POST", "DELETE"];
    assert.deepEqual(table.methodsOf("/x", methods, "api.example.com"), ["GET", "POST", "DELETE"]);
    assert.deepEqual(table.methodsOf("/x", methods, "example.com"), ["GET", "DELETE"]);
    assert.deepEqual(table.methodsOf("/id/1", methods, "example.com"), []);
  });
});
