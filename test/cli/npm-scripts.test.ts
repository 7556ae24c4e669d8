import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";

const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

describe("npm scripts", () => {
  // npm signals the shell that it starts, and a shell that waits for its command does not hand signals on.
  for (const name of ["start", "dev"]) {
    test(`"${name}" takes its shell's place, so that signals reach the program`, () => {
      assert.match(scripts[name] as string, /^exec node /);
    });
  }
});
