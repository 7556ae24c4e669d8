import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isSniffable, sniffMediaType } from "#src/security/sniff";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("a file's type", () => {
  const samples: Readonly<Record<string, string>> = {
    "image/png": "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "image/jpeg": "\xff\xd8\xff\xe0\x00\x10JFIF",
    "image/gif": "GIF89a\x01\x00",
    "image/webp": "RIFF\x24\x00\x00\x00WEBPVP8 ",
    "image/avif": "\x00\x00\x00\x1cftypavif",
    "image/heic": "\x00\x00\x00\x18ftypheic",
    "video/mp4": "\x00\x00\x00\x18ftypisom",
    "video/quicktime": "\x00\x00\x00\x14ftypqt  ",
    "audio/mp4": "\x00\x00\x00\x20ftypM4A ",
    "audio/mpeg": "ID3\x04",
    "application/pdf": "%PDF-1.7\n",
    "application/zip": "PK\x03\x04\x14\x00",
    "application/gzip": "\x1f\x8b\x08\x00",
    "application/x-tar": `${"a".repeat(100)}${"\x00".repeat(157)}ustar\x0000`,
    "application/x-elf": "\x7fELF\x02",
    "application/vnd.microsoft.portable-executable": "MZ\x90\x00",
    "text/plain": "hello\r\n\tworld",
    "application/octet-stream": "\x00\x01\x02\x03",
  };
  for (const [type, text] of Object.entries(samples)) {
    it(`lesson: CVE-2024-29409: is told by its content: ${type}`, () => {
      for (const declared of ["", "image/png", "text/html", "application/x-made-up"]) {
        const told = sniffMediaType(bytes(text), declared);
        assert.equal(told, type === "text/plain" && declared === "text/html" ? "text/html" : type, declared);
      }
      assert.ok(isSniffable(type));
    });
  }

  it("is the client's word only among kinds of text, and among zip archives", () => {
    assert.equal(sniffMediaType(bytes("a,b"), "text/csv"), "text/csv");
    assert.equal(sniffMediaType(bytes("{}"), "application/json"), "application/json");
    assert.equal(sniffMediaType(bytes("<svg/>"), "image/svg+xml"), "image/svg+xml");
    assert.equal(sniffMediaType(bytes("a\x00b"), "text/csv"), "application/octet-stream");
    assert.equal(sniffMediaType(bytes("\xff\xfea\x00"), "text/plain"), "application/octet-stream");
    const word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    assert.equal(sniffMediaType(bytes("PK\x03\x04"), word), word);
    assert.equal(sniffMediaType(bytes("PK\x03\x04"), "application/epub+zip"), "application/epub+zip");
    assert.equal(sniffMediaType(bytes("plain"), word), "text/plain");
    assert.equal(sniffMediaType(bytes("MZ"), "application/zip"), "application/vnd.microsoft.portable-executable");
  });

  it("is text also when a character is cut at the end, or when there is nothing", () => {
    assert.equal(sniffMediaType(Buffer.from("é").subarray(0, 1)), "text/plain");
    assert.equal(sniffMediaType(Buffer.concat([Buffer.from("é").subarray(0, 1), Buffer.from("a")])), "application/octet-stream");
    assert.equal(sniffMediaType(new Uint8Array(0)), "text/plain");
  });

  it("is one that can be asked for, or it cannot be a rule", () => {
    for (const type of ["image/png", "text/csv", "image/svg+xml", "application/json"]) assert.ok(isSniffable(type), type);
    for (const type of ["image/x-raw", "application/x-made-up", "", "png"]) assert.ok(!isSniffable(type), type);
  });

  it("comes out of any bytes at all (property)", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (head) => isSniffable(sniffMediaType(head))));
  });
});
