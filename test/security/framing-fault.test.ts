import assert from "node:assert/strict";
import { test } from "node:test";
import * as faults from "#src/security/framing-fault";

test("every fault is frozen, complete, answered in the 400s, and has a code of its own", () => {
  const all = Object.values(faults);
  assert.equal(new Set(all.map((fault) => fault.code)).size, all.length);
  for (const fault of all) {
    assert.ok(Object.isFrozen(fault), fault.code);
    assert.match(fault.code, /^E_SECURITY_[A-Z_]+$/);
    assert.ok(fault.status >= 400 && fault.status < 500, fault.code);
    assert.ok(fault.title.length > 0 && fault.detail.endsWith("."), fault.code);
  }
});
