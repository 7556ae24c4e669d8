import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { InputForm, Setting } from "#src/config/contract";
import { list } from "#src/config/list-setting";
import { integer } from "#src/config/number-settings";
import { connection, secret } from "#src/config/secret-settings";
import { text } from "#src/config/text-settings";

async function read(setting: Setting<unknown>, input: unknown, form: InputForm = "text"): Promise<unknown> {
  const reading = await setting.read(input, form);
  return "value" in reading ? reading.value : reading.refusals;
}

describe("list", () => {
  test("splits text at commas and ignores spaces around items", async () => {
    assert.deepEqual(await read(list(text()), "a, b ,c"), ["a", "b", "c"]);
  });

  test("reads each item with the setting of items", async () => {
    assert.deepEqual(await read(list(integer()), "1,2"), [1, 2]);
    assert.deepEqual(await read(list(integer()), [1, "2"], "typed"), [1, 2]);
  });

  test("takes items with commas from a file", async () => assert.deepEqual(await read(list(text()), ["a,b"], "typed"), ["a,b"]));

  test("takes the empty text for the empty list", async () => {
    assert.deepEqual(await read(list(text()), ""), []);
    assert.deepEqual(await read(list(text()), []), []);
  });

  test("refuses an item that is missing between commas", async () => {
    assert.deepEqual(await read(list(text()), "a,,b,"), [
      { pointer: "/1", detail: "expected text that is not empty" },
      { pointer: "/3", detail: "expected text that is not empty" },
    ]);
  });

  test("refuses what is no list, and too short a one", async () => {
    const setting = list(integer(), { minItems: 2 });
    for (const input of [null, 1, {}, true, "1", "", [1]]) {
      assert.deepEqual(await read(setting, input, "typed"), [
        { pointer: "", detail: "expected a list of at least 2, each item a whole number" },
      ]);
    }
  });

  test("of secrets is secret, in every view", async () => {
    const setting = list(secret());
    assert.equal(setting.secret, true);
    assert.equal(setting.show(await read(setting, "hunter2,hunter3")), "[secret], [secret]");
    assert.equal(setting.show("hunter2"), "[secret]");
  });

  test("shows connections item by item", async () => {
    const setting = list(connection({ schemes: ["postgres"] }));
    const shown = setting.show(await read(setting, "postgres://a:hunter2@x/1,postgres://y/2"));
    assert.equal(shown, "postgres://[secret]@x/1, postgres://y/2");
  });

  test("shows plain items plainly", () => {
    assert.equal(list(text()).show(["a", "b"]), "a, b");
    assert.equal(list(text()).show([]), "empty");
  });

  test("describes itself to editors", () => {
    assert.deepEqual(list(integer(), { minItems: 1 }).jsonSchema, { type: "array", items: { type: "integer" }, minItems: 1 });
    assert.deepEqual(list(integer()).jsonSchema, { type: "array", items: { type: "integer" } });
  });
});
