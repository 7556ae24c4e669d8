import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { checkPackages } from "../../tools/packages.ts";

describe("package check", () => {
  test("lets sound packages pass, wherever they are nested", () => {
    const locked = {
      "": { version: "0.1.0" },
      "node_modules/find-my-way": { version: "9.10.1" },
      "node_modules/a/node_modules/@scope/b": { version: "1.0.0" },
      "node_modules/node": { version: "26.10.0", dev: true, hasInstallScript: true },
      "node_modules/hono": { version: "5.0.0", dev: true },
    };
    assert.deepEqual(checkPackages(locked), []);
  });

  test("refuses a package below its floor, a nested one too", () => {
    const faults = checkPackages({ "node_modules/a/node_modules/fast-uri": { version: "3.1.6" } });
    assert.deepEqual(faults, ["node_modules/a/node_modules/fast-uri 3.1.6 is below its floor (3.1.7, 4.1.4). Update it."]);
  });

  test("refuses to ship what is to be kept out, and holds even development to its floor", () => {
    assert.match(checkPackages({ "node_modules/qs": { version: "6.16.0" } }).join(), /must not be shipped/);
    assert.match(checkPackages({ "node_modules/qs": { version: "6.15.0", dev: true } }).join(), /below its floor/);
  });

  test("refuses install scripts, in development too", () => {
    const faults = checkPackages({ "node_modules/native": { version: "1.0.0", dev: true, hasInstallScript: true } });
    assert.match(faults.join(), /^node_modules\/native has an install script/);
  });
});
