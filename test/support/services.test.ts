import assert from "node:assert/strict";
import { dirname } from "node:path";
import { describe, test } from "node:test";
import { requireBinary } from "./services.ts";

describe("programs for tests", () => {
  test("a program is found on the PATH, and a missing one is named", () => {
    const found = requireBinary("node", { PATH: `/nonexistent::${dirname(process.execPath)}` });
    assert.equal(found.path, process.execPath);
    const missing = requireBinary("no-such-program", { PATH: "/usr/bin" });
    assert.deepEqual(missing, { path: undefined, skip: "there is no no-such-program on the PATH" });
    assert.equal(requireBinary("node", {}).path, undefined);
  });
});
