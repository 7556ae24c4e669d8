import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { toSentValidators } from "#src/http/conditions/validators";

describe("validators", () => {
  it("are an entity tag and a time in whole seconds", () => {
    assert.deepEqual(toSentValidators({ etag: 7, modified: 1_999 }, "GET /a"), { etag: '"7"', modified: 1_000 });
    assert.deepEqual(toSentValidators({ etag: 'W/"a"', modified: new Date(5_000) }, "GET /a"), {
      etag: 'W/"a"',
      modified: 5_000,
    });
    assert.deepEqual(toSentValidators({}, "GET /a"), { etag: undefined, modified: undefined });
    assert.deepEqual(toSentValidators({ modified: 0 }, "GET /a"), { etag: undefined, modified: 0 });
  });

  it("that no header can say are a fault of the route", () => {
    for (const etag of ["a b", "\r\nx: y", "日本"]) {
      assert.throws(() => toSentValidators({ etag }, "GET /a"), {
        code: "E_HTTP_REPLY_HEADER_INVALID",
        message: /GET \/a.*"etag"/,
      });
    }
    for (const modified of [Number.NaN, Infinity, -1, 253_402_300_800_000, new Date(Number.NaN)]) {
      assert.throws(() => toSentValidators({ modified }, "GET /a"), {
        code: "E_HTTP_REPLY_HEADER_INVALID",
        message: /"last-modified"/,
      });
    }
  });
});
