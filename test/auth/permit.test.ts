import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Principal } from "#src/auth/contract";
import { isScope, permit } from "#src/auth/permit";
import type { AuthRule } from "#src/http/contract";
import { requestWith } from "./handmade-token.ts";

const caller = (more: Partial<Principal> = {}): Principal => ({
  kind: "user",
  id: "ada",
  roles: [],
  scopes: [],
  method: "test",
  authenticatedAt: undefined,
  ...more,
});
const base = (more: Partial<AuthRule<Principal>> = {}): AuthRule<Principal> => ({
  scheme: "test",
  challenge: 'Test realm="t"',
  identify: () => caller(),
  ...more,
});
const request = requestWith(undefined);
const asks = (rule: AuthRule<Principal>, who: Principal = caller()): boolean | Promise<boolean> =>
  rule.permit?.(who, request) as boolean;
const forbidden = { code: "E_AUTH_FORBIDDEN", status: 403 };

describe("permit", () => {
  it("lets a caller pass who has the scope, exactly it", () => {
    const rule = permit(base(), "files:write");
    assert.equal(asks(rule, caller({ scopes: ["files:read", "files:write"] })), true);
    for (const scopes of [
      [],
      ["files:read"],
      ["files:write:all"],
      ["files:writ"],
      ["FILES:WRITE"],
      ["files:read files:write"],
      ["*"],
    ])
      assert.throws(() => asks(rule, caller({ scopes })), forbidden, scopes.join());
  });

  it("says which scope is missing and where, in the way of RFC 6750", () => {
    assert.throws(() => asks(permit(base(), "files:write")), {
      ...forbidden,
      message: "These credentials do not allow /files/:id.",
      headers: { "WWW-Authenticate": 'Test realm="t", error="insufficient_scope", scope="files:write"' },
    });
  });

  it("lets a caller pass of whom a condition holds", () => {
    const rule = permit(base(), (who, { route }) => who.roles.includes("admin") && route === "/files/:id");
    assert.equal(asks(rule, caller({ roles: ["admin"] })), true);
    assert.throws(() => asks(rule), { ...forbidden, headers: undefined });
  });

  it("waits for a condition that answers later", async () => {
    const rule = permit(base(), async (who) => Promise.resolve(who.id === "ada"));
    assert.equal(await asks(rule), true);
    await assert.rejects(async () => asks(rule, caller({ id: "eve" })), forbidden);
  });

  it("takes nothing but true for a yes", async () => {
    for (const answer of [undefined, null, 1, "true", {}, [], false]) {
      assert.throws(() => asks(permit(base(), () => answer as boolean)), forbidden, JSON.stringify(answer));
      await assert.rejects(async () => asks(permit(base(), () => Promise.resolve(answer as boolean))), forbidden);
      assert.throws(() => asks(permit(base({ permit: () => answer as boolean }), () => true)), forbidden);
    }
  });

  it("demands everything that nested rules demand", () => {
    const rule = permit(permit(permit(base(), "a"), "b"), (who) => who.id === "ada");
    assert.equal(asks(rule, caller({ scopes: ["a", "b"] })), true);
    assert.throws(() => asks(rule, caller({ scopes: ["a"] })), forbidden);
    assert.throws(() => asks(rule, caller({ scopes: ["b"] })), forbidden);
    assert.throws(() => asks(rule, caller({ id: "eve", scopes: ["a", "b"] })), forbidden);
  });

  it("demands it too when the rule below answers later", async () => {
    const later = (answer: boolean) => base({ permit: () => Promise.resolve(answer) });
    assert.equal(await asks(permit(later(true), () => true)), true);
    await assert.rejects(async () => asks(permit(later(false), () => true)), forbidden);
    await assert.rejects(async () => asks(permit(later(true), () => false)), forbidden);
    await assert.rejects(async () => asks(permit(later(true), () => Promise.resolve(false))), forbidden);
  });

  it("does not ask a condition about a caller whom the rule below refuses", () => {
    const rule = permit(base({ permit: () => false }), () => assert.fail("was asked"));
    assert.throws(() => asks(rule), forbidden);
  });

  it("lets no fault of a condition pass for a yes (GHSA-8fpg-xm3f-6cx3)", async () => {
    const fault = new Error("directory is down");
    assert.throws(
      () =>
        asks(
          permit(base(), () => {
            throw fault;
          }),
        ),
      fault,
    );
    await assert.rejects(async () => asks(permit(base(), () => Promise.reject(fault))), fault);
    await assert.rejects(async () => asks(permit(base({ permit: () => Promise.reject(fault) }), () => true)), fault);
  });

  it("identifies as the rule below does, under its name", () => {
    const who = caller({ id: "grace" });
    const rule = permit(base({ identify: () => who }), "a");
    assert.equal(rule.identify(request), who);
    assert.deepEqual([rule.scheme, rule.challenge], ["test", 'Test realm="t"']);
  });

  it("refuses at boot what is no scope", () => {
    for (const scope of ["", " ", "a b", 'a"b', "a\\b", "a\n", "ä", "\0"]) {
      assert.equal(isScope(scope), false);
      assert.throws(() => permit(base(), scope), { code: "E_AUTH_RULE_INVALID" }, JSON.stringify(scope));
    }
    for (const scope of ["a", "files:write", "https://api.test/scope", "a.b-c_d"]) assert.equal(isScope(scope), true);
  });
});
