import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { findApp } from "#src/cli/find-app";
import { isPlinthError } from "#src/core/mod";
import { makeHome } from "./support/home.ts";

const found = (named: string | undefined, files: Readonly<Record<string, string>>): string => {
  using home = makeHome(files);
  return findApp(named, home.folder).replace(`${pathToFileURL(home.folder).href}/`, "");
};

describe("the app's module", () => {
  test("is the one that was named, whatever else is there", () => {
    assert.equal(found("other.ts", { "app.ts": "", "package.json": `{"plinth":{"app":"x.ts"}}` }), "other.ts");
  });

  test("may be named by an absolute path", () => {
    assert.equal(findApp("/srv/shop/app.ts", "/home/ada"), "file:///srv/shop/app.ts");
  });

  test("is escaped as URLs are", () => {
    assert.equal(found("my app#1%.ts", {}), "my%20app%231%25.ts");
  });

  test("is otherwise the one that package.json names", () => {
    assert.equal(found(undefined, { "package.json": `{"plinth":{"app":"server/main.ts"}}`, "app.ts": "" }), "server/main.ts");
  });

  for (const place of ["app.ts", "app.js", "src/app.ts", "src/app.js"]) {
    test(`is otherwise ${place} if it is there`, () => {
      assert.equal(found(undefined, { [place]: "" }), place);
    });
  }

  test("is the first of the usual places", () => {
    assert.equal(found(undefined, { "src/app.ts": "", "app.js": "", "app.ts": "" }), "app.ts");
  });

  for (const manifest of ["{", "null", "[]", `{"plinth":null}`, `{"plinth":{"app":7}}`, `{"plinth":"app.ts"}`]) {
    test(`is looked for elsewhere when package.json is ${manifest}`, () => {
      assert.equal(found(undefined, { "package.json": manifest, "src/app.js": "" }), "src/app.js");
    });
  }

  test("that is nowhere is an error that says where it was looked for and how to name it", () => {
    assert.throws(
      () => found(undefined, {}),
      (thrown) =>
        isPlinthError(thrown, "E_CLI_APP_UNKNOWN") &&
        ["--app", "package.json", "app.ts", "app.js", "src/app.ts", "src/app.js"].every((part) => thrown.message.includes(part)),
    );
  });
});
