import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { loadDriver } from "#src/redis/driver";
import { defineScript } from "#src/redis/script";

describe("the Redis driver", () => {
  it("says what to install when its package is missing", async () => {
    const missing = Object.assign(new Error("Cannot find package '@redis/client'"), { code: "ERR_MODULE_NOT_FOUND" });
    await assert.rejects(
      loadDriver(() => Promise.reject(missing)),
      { code: "E_REDIS_DRIVER_MISSING", message: /npm install @redis\/client/, cause: missing },
    );
  });

  it("hides no other failure of the package", async () => {
    const broken = new SyntaxError("broken");
    await assert.rejects(
      loadDriver(() => Promise.reject(broken)),
      broken,
    );
  });
});

describe("a script", () => {
  it("is known by the SHA-1 of its source", () => {
    assert.equal(defineScript({ name: "one", source: "return 1" }).hash, "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
  });
});
