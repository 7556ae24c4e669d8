import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { TokenFault, parseObject, parseToken } from "#src/auth/jwt";
import { encode } from "./handmade-token.ts";

describe("parseToken", () => {
  it("takes a token apart without believing it", () => {
    const token = `${encode({ alg: "none", kid: "k" })}.${encode("not json")}.${encode("signature")}`;
    const parsed = parseToken(token);
    assert.deepEqual(
      [parsed.algorithm, parsed.keyId, parsed.payload.toString(), parsed.signature.toString()],
      ["none", "k", "not json", "signature"],
    );
    assert.equal(parsed.signed, token.slice(0, token.lastIndexOf(".")));
  });

  it("gives back exactly the bytes that were encoded, and takes no other spelling of them", () => {
    const header = encode({ alg: "HS256" });
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.uint8Array({ minLength: 1 }), (payload, signature) => {
        const [body, tail] = [payload, signature].map((bytes) => Buffer.from(bytes).toString("base64url"));
        const parsed = parseToken(`${header}.${body}.${tail}`);
        assert.deepEqual([...parsed.payload], [...payload]);
        assert.deepEqual([...parsed.signature], [...signature]);
        assert.throws(() => parseToken(`${header}.${body}=.${tail}`), TokenFault);
      }),
    );
  });

  it("refuses whatever is not a token with a fault, never with another error", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string(), fc.json(), (one, two, json) => {
        for (const text of [one, `${one}.${two}.`, `${encode(json)}.${encode(one)}.${encode(two)}`]) {
          try {
            parseToken(text);
          } catch (thrown) {
            assert.ok(thrown instanceof TokenFault, String(thrown));
          }
        }
      }),
    );
  });
});

describe("parseObject", () => {
  it("gives an object without a prototype, with the members of the text and no other", () => {
    const parsed = parseObject(Buffer.from('{"a":1,"__proto__":{"b":2}}'));
    assert.deepEqual(Object.keys(parsed), ["a", "__proto__"]);
    assert.equal(Object.getPrototypeOf(parsed), null);
    assert.equal(parsed.b, undefined);
    assert.equal("toString" in parsed, false);
  });

  it("refuses what is not an object, not JSON or not UTF-8", () => {
    for (const bytes of ["", "1", "null", "[]", '"x"', "{", "\ufeff{}"]
      .map((text) => Buffer.from(text))
      .concat(Buffer.from([...Buffer.from('{"a":"'), 0xc3, ...Buffer.from('"}')])))
      assert.throws(() => parseObject(bytes), TokenFault);
  });
});
