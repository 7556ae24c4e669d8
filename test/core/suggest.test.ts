import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { suggest } from "#src/core/suggest";

const KEYS = ["port", "host", "adminPort", "uploads.maxSize", "uploads.folder", "logLevel"];

describe("suggest", () => {
  const cases: readonly (readonly [string, string | undefined])[] = [
    ["prot", "port"],
    ["PORT", "port"],
    ["UPLOADS_MAX_SIZE", "uploads.maxSize"],
    ["uploads.maxsise", "uploads.maxSize"],
    ["log-level", "logLevel"],
    ["logLevl", "logLevel"],
    ["upload.foldr", "uploads.folder"],
    ["hst", "host"],
    ["poooort", undefined],
    ["completely", undefined],
    ["", undefined],
  ];
  for (const [word, meant] of cases) {
    test(`"${word}" means ${meant ?? "nothing known"}`, () => assert.equal(suggest(word, KEYS), meant));
  }

  test("the nearest of several wins", () => assert.equal(suggest("folders", ["holder", "folder"]), "folder"));

  test("a short word is not stretched two edits far", () => assert.equal(suggest("ab", ["port", "cd"]), undefined));

  test("any word is found after one edit, and a word itself always", () => {
    const word = fc.stringMatching(/^[a-z]{5,12}$/);
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom("drop", "add", "swap", "none"), (original, at, edit) => {
        const letters = original.split("");
        const index = at % (letters.length - 1);
        if (edit === "drop") letters.splice(index, 1);
        if (edit === "add") letters.splice(index, 0, "x");
        if (edit === "swap") letters.splice(index, 2, letters[index + 1] as string, letters[index] as string);
        assert.equal(suggest(letters.join(""), ["0000000000000000000000", original]), original);
      }),
    );
  });
});
