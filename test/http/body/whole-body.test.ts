import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WholeBodyReaders, mediaTypeOf } from "#src/http/body/whole-body";
import { isPlinthError } from "#src/core/mod";

const ALL = new WholeBodyReaders(["json", "form", "text", "bytes", "text/csv", "Image/PNG", "application/geo+json"], 100);

function codeOf(readers: WholeBodyReaders, type: string | undefined): string {
  try {
    readers.find(type);
    return "taken";
  } catch (thrown) {
    return isPlinthError(thrown) ? thrown.code : String(thrown);
  }
}
const read = (type: string, bytes: string | readonly number[]): unknown =>
  ALL.find(type).parse(typeof bytes === "string" ? Buffer.from(bytes) : Buffer.from(bytes));

describe("a whole body", () => {
  it("is read as what its type is", () => {
    assert.deepEqual(read("application/json", '{"a":1}'), { a: 1 });
    assert.deepEqual(read("application/problem+json", '{"a":1}'), { a: 1 });
    assert.deepEqual(read("application/geo+json;v=1", '{"a":1}'), { a: 1 });
    assert.deepEqual({ ...(read("application/x-www-form-urlencoded", "a=1") as object) }, { a: "1" });
    assert.equal(read("TEXT/plain", "é"), "é");
    assert.equal(read("text/csv", "a,b"), "a,b");
    assert.deepEqual(read("application/octet-stream", [0xff]), Buffer.from([0xff]));
    assert.deepEqual(read("image/png", [0xff]), Buffer.from([0xff]));
  });

  it("of a type that the route does not take is refused", () => {
    for (const type of ["text/html", "text/*", "application/xml", "image/gif", "", undefined])
      assert.equal(codeOf(ALL, type), "E_HTTP_BODY_TYPE_UNSUPPORTED", String(type));
    assert.equal(codeOf(new WholeBodyReaders(["text"], 1), "application/json"), "E_HTTP_BODY_TYPE_UNSUPPORTED");
    assert.equal(codeOf(new WholeBodyReaders(["application/geo+json"], 1), "application/json"), "E_HTTP_BODY_TYPE_UNSUPPORTED");
  });

  it("that is text comes in UTF-8, or not at all", () => {
    for (const type of ["application/json", "application/x-www-form-urlencoded", "text/plain", "text/csv"]) {
      for (const charset of ["utf-8", "UTF-8", '"utf-8"', "utf8", "us-ascii", "US-ASCII"])
        assert.equal(codeOf(ALL, `${type}; charset=${charset}`), "taken", charset);
      for (const charset of ["utf-16", "utf-16le", "utf-7", "iso-8859-1", "windows-1252", "utf-32", "x", "utf-8x"])
        assert.equal(codeOf(ALL, `${type}; charset=${charset}`), "E_HTTP_BODY_CHARSET_UNSUPPORTED", charset);
    }
    assert.throws(() => read("text/plain", [0xff]), { code: "E_HTTP_BODY_MALFORMED" });
    assert.throws(() => read("text/plain", [0xc0, 0xaf]), { code: "E_HTTP_BODY_MALFORMED" });
    assert.equal(codeOf(ALL, "application/octet-stream; charset=utf-16"), "taken", "bytes have no charset");
  });

  it("is named by its media type in documents", () => {
    assert.deepEqual(
      ["json", "form", "text", "bytes", "Text/CSV"].map((type) => mediaTypeOf(type as "json")),
      ["application/json", "application/x-www-form-urlencoded", "text/plain", "application/octet-stream", "text/csv"],
    );
  });
});
