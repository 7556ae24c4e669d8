import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CONTENT_ENCODINGS, acceptedEncodings, findEncoding } from "#src/http/body/content-encoding";
import { type PlinthError, isPlinthError } from "#src/core/mod";

function refusalOf(header: string, accepted: Parameters<typeof findEncoding>[1]): PlinthError {
  try {
    findEncoding(header, accepted);
  } catch (thrown) {
    if (isPlinthError(thrown, "E_HTTP_BODY_ENCODING_UNSUPPORTED")) return thrown;
  }
  return assert.fail(`${header} was taken`);
}

describe("the encoding of a body", () => {
  it("is none, or one that the route takes, in any case", () => {
    assert.equal(findEncoding(undefined, []), null);
    assert.equal(findEncoding("Identity", []), null);
    assert.equal(findEncoding("GZip", ["gzip"]), "gzip");
    assert.equal(findEncoding("x-gzip", ["gzip"]), "gzip");
    assert.equal(findEncoding("zstd", CONTENT_ENCODINGS), "zstd");
  });

  it("CVE-2026-22036: is never several on top of each other", () => {
    for (const header of ["gzip, gzip", "gzip,br", "identity, gzip", "gzip, identity", ""]) {
      assert.equal(refusalOf(header, CONTENT_ENCODINGS).status, 415, header);
    }
  });

  it("is refused with what would do instead (RFC 9110, section 12.5.3)", () => {
    assert.deepEqual(refusalOf("br", ["gzip", "zstd"]).headers, { "accept-encoding": "gzip, zstd" });
    assert.deepEqual(refusalOf("br", []).headers, { "accept-encoding": "identity" });
    assert.match(refusalOf("compress", ["gzip"]).message, /one of gzip/);
  });

  it("is declared by name, all at once, or not at all", () => {
    assert.deepEqual(acceptedEncodings(undefined), []);
    assert.deepEqual(acceptedEncodings(false), []);
    assert.deepEqual(acceptedEncodings(true), ["br", "deflate", "gzip", "zstd"]);
    assert.deepEqual(acceptedEncodings(["br"]), ["br"]);
  });
});
