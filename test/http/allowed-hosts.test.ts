import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createAllowedHosts } from "#src/http/allowed-hosts";
import { group, route } from "#src/http/route";
import { createApp, problemOf } from "./support.ts";

const ok = (host: string): ReturnType<typeof route.get> => route.get("/x", { auth: "public" }, () => host);

describe("allowed hosts", () => {
  it("are names, names under one, and addresses that are named", () => {
    const isAllowed = createAllowedHosts({ names: ["example.com", "*.example.org", "192.0.2.1"] });
    for (const host of ["example.com", "EXAMPLE.com:8080", "example.com.", "a.b.example.org", "192.0.2.1:80"]) {
      assert.ok(isAllowed(host), host);
      assert.ok(isAllowed(host), `${host} again`);
    }
    for (const host of ["", "example.org", "evil.example", "example.com.evil.example", "192.0.2.2", "[::1]"]) {
      assert.ok(!isAllowed(host), host);
    }
  });

  it("may take any address and no host, but never an unknown name: DNS rebinding needs a name", () => {
    const isAllowed = createAllowedHosts({ names: ["localhost"], addresses: true });
    for (const host of ["localhost:3001", "127.0.0.1", "10.1.2.3:3001", "[::1]:3001", "[2001:db8::1]", ""])
      assert.ok(isAllowed(host), host);
    for (const host of ["rebind.evil.example", "127.0.0.1.nip.io", "1.2.3.4.evil.example:3001"])
      assert.ok(!isAllowed(host), host);
  });

  it("answer 421 for others, whatever the path, and run no guard", async () => {
    const app = await createApp([ok("x")], { allowedHosts: { names: ["example.com"] } });
    const ask = (host: string, path = "/x"): Promise<Response> => app.fetch(path, { headers: { host } });
    assert.equal((await ask("example.com")).status, 200);
    for (const path of ["/x", "/nowhere", "/%"]) {
      const refused = await ask("evil.example", path);
      assert.equal(refused.status, 421);
      assert.equal((await problemOf(refused)).code, "E_HTTP_HOST_MISDIRECTED");
    }
  });
});

describe("a group's host", () => {
  it("makes one path several routes, with the guards of the one that matched", async () => {
    const guarded = route.get("/x", { auth: { scheme: "none", challenge: "None", identify: () => null } }, () => "secret");
    const app = await createApp([
      ...group({ host: "admin.example.com" }, [guarded]),
      ...group({ host: "*.example.com" }, [ok("sub")]),
      ok("any"),
    ]);
    const ask = async (host: string): Promise<unknown> => {
      const answer = await app.fetch("/x", { headers: { host } });
      return answer.status === 200 ? answer.json() : answer.status;
    };
    assert.equal(await ask("admin.example.com"), 403);
    assert.equal(await ask("ADMIN.example.com.:443"), 403);
    assert.equal(await ask("www.example.com"), "sub");
    assert.equal(await ask("example.com"), "any");
  });

  it("counts for 404, 405 and OPTIONS", async () => {
    const create = route.post("/x", { auth: "public" }, () => "made");
    const app = await createApp([...group({ host: "a.example" }, [create]), ...group({ host: "b.example" }, [ok("b")])]);
    const ask = (method: string, host: string): Promise<Response> => app.fetch("/x", { method, headers: { host } });
    assert.equal((await ask("GET", "a.example")).status, 405);
    assert.equal((await ask("GET", "a.example")).headers.get("allow"), "POST, OPTIONS");
    assert.equal((await ask("OPTIONS", "b.example")).headers.get("allow"), "GET, HEAD, OPTIONS");
    assert.equal((await ask("GET", "c.example")).status, 404);
  });

  it("of an inner group has the last word", () => {
    const [inner] = group({ host: "outer.example" }, group({ host: "inner.example" }, [ok("x")]));
    assert.equal(inner?.host, "inner.example");
  });

  it("must be one, and one route of it only answers a path", async () => {
    const refused = (...hosts: string[]): Promise<unknown> => createApp(hosts.flatMap((host) => group({ host }, [ok("x")])));
    for (const host of ["example.com:80", "http://example.com", "*", ""])
      await assert.rejects(refused(host), { code: "E_HTTP_ROUTES_INVALID" });
    await assert.rejects(refused("a.example", "A.example"), { code: "E_HTTP_ROUTES_INVALID" });
    await refused("a.example", "b.example");
  });
});
