import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isCompressible, isEventStream } from "#src/http/compression/compressible";

describe("a media type", () => {
  it("of text is worth compressing", () => {
    for (const type of [
      "text/html; charset=utf-8",
      "text/css",
      "TEXT/PLAIN",
      "application/json",
      "application/json; charset=utf-8",
      "application/problem+json",
      "application/vnd.api+json",
      "application/xml",
      "application/atom+xml;charset=utf-8",
      "application/javascript",
      "application/wasm",
      "application/x-ndjson",
      "application/manifest+json",
      "image/svg+xml",
      "font/ttf",
      "text/event-stream",
    ])
      assert.equal(isCompressible(type), true, type);
  });

  it("of what is compressed already is not", () => {
    for (const type of [
      "",
      "image/png",
      "image/jpeg",
      "video/mp4",
      "audio/mpeg",
      "application/zip",
      "application/gzip",
      "application/pdf",
      "application/octet-stream",
      "font/woff2",
      "multipart/byteranges; boundary=text/html",
      "application/jsonp",
      "application/json-seq",
      "application/x-json.zip",
      "image/svg+xml-compressed",
      "x-text/html",
    ])
      assert.equal(isCompressible(type), false, type);
  });

  it("of an event stream is one", () => {
    assert.equal(isEventStream("text/event-stream; charset=utf-8"), true);
    for (const type of ["text/event-streams", "text/plain; a=text/event-stream"]) assert.equal(isEventStream(type), false, type);
  });
});
