import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TokenCache, type VerifiedToken } from "#src/auth/token-cache";

const verified = (id: string): VerifiedToken => ({
  principal: { kind: "user", id, roles: [], scopes: [], method: "bearer", authenticatedAt: undefined, claims: {} },
  expires: 0,
});

const held = (cache: TokenCache, tokens: Iterable<string>): number =>
  [...tokens].filter((token) => cache.get(token) !== undefined).length;
const named = function* (from: number, to: number): Generator<string> {
  for (let index = from; index < to; index += 1) yield `token ${index}`;
};

describe("token cache", () => {
  it("gives back what was put under exactly the same token", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string()), fc.string(), (tokens, stranger) => {
        fc.pre(!tokens.includes(stranger));
        const cache = new TokenCache();
        for (const token of tokens) cache.set(token, verified(token));
        for (const token of tokens) assert.equal(cache.get(token)?.principal.id, token);
        assert.equal(cache.get(stranger), undefined);
      }),
    );
  });

  it("holds at most 10,000 tokens, the latest of them", () => {
    const cache = new TokenCache();
    for (const token of named(0, 25_001)) cache.set(token, verified(token));
    assert.equal(held(cache, named(0, 15_000)), 0);
    assert.equal(held(cache, named(20_000, 25_001)), 5_001);
  });

  it("holds at most 16 MiB of characters", () => {
    const cache = new TokenCache();
    const long = Array.from({ length: 3_000 }, (_, index) => String(index).padEnd(8_192, "x"));
    for (const token of long) cache.set(token, verified("x"));
    assert.equal(held(cache, long.slice(0, 900)), 0);
    assert.equal(held(cache, long.slice(-900)), 900);
  });

  it("keeps what is asked for while others come and go", () => {
    const cache = new TokenCache();
    cache.set("regular", verified("regular"));
    for (const token of named(0, 30_000)) {
      cache.set(token, verified(token));
      if (token.endsWith("000")) assert.equal(cache.get("regular")?.principal.id, "regular", token);
    }
    assert.equal(cache.get("token 1000"), undefined);
  });

  it("counts a token once, however often it is put", () => {
    const cache = new TokenCache();
    cache.set("early", verified("early"));
    for (let round = 0; round < 20_000; round += 1) cache.set("x".repeat(8_000), verified("x"));
    assert.equal(cache.get("early")?.principal.id, "early");
  });
});
