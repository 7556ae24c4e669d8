import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { resolveAppKey } from "#src/config/app-key";
import { Secret } from "#src/core/mod";
import { failureOf } from "./support/failure.ts";
import { makeFolder } from "./support/folder.ts";

const KEY = "0123456789abcdef0123456789abcdef";

describe("a configured root secret", () => {
  test("is used in every environment, all of it, in its order", async (t) => {
    const keys = [new Secret(KEY), new Secret(`${KEY}2`)];
    const dataFolder = makeFolder(t);
    for (const environment of ["development", "test", "production"] as const) {
      assert.equal(await resolveAppKey({ keys, environment, dataFolder }), keys);
    }
    assert.deepEqual(readdirSync(dataFolder), []);
  });

  for (const [what, key] of [
    ["too short", "0123456789abcdef0123456789abcde"],
    ["monotonous", "ab".repeat(32)],
    ["empty", ""],
  ] as const) {
    test(`is refused when it is ${what}, also as a retired one, and not repeated`, async (t) => {
      const options = { environment: "production", dataFolder: makeFolder(t) } as const;
      for (const keys of [[new Secret(key)], [new Secret(KEY), new Secret(key)]]) {
        const error = await failureOf(resolveAppKey({ ...options, keys }), "E_CONFIG_APP_KEY_WEAK");
        assert.ok(key === "" || !error.message.includes(key));
      }
    });
  }
});

describe("without a configured root secret", () => {
  for (const keys of [undefined, []]) {
    test(`production does not start (${JSON.stringify(keys)})`, async (t) => {
      const dataFolder = makeFolder(t);
      await failureOf(resolveAppKey({ keys, environment: "production", dataFolder }), "E_CONFIG_APP_KEY_MISSING");
      assert.deepEqual(readdirSync(dataFolder), []);
    });
  }

  test("tests get a fixed one, which is refused everywhere else", async (t) => {
    const dataFolder = makeFolder(t);
    const keys = await resolveAppKey({ keys: undefined, environment: "test", dataFolder });
    assert.deepEqual(readdirSync(dataFolder), []);
    assert.equal((await resolveAppKey({ keys: undefined, environment: "test", dataFolder }))[0]?.reveal(), keys[0]?.reveal());
    assert.equal(await resolveAppKey({ keys, environment: "test", dataFolder }), keys);
    for (const environment of ["development", "production"] as const) {
      await failureOf(resolveAppKey({ keys, environment, dataFolder }), "E_CONFIG_APP_KEY_WEAK");
    }
  });

  test("development generates one, keeps it to itself, and finds it again", async (t) => {
    const dataFolder = join(makeFolder(t), "new", "data");
    const options = { keys: undefined, environment: "development", dataFolder } as const;
    const [first] = await resolveAppKey(options);
    assert.ok(Buffer.byteLength(first?.reveal() ?? "") >= 32);
    assert.equal(statSync(join(dataFolder, "app.key")).mode & 0o777, 0o600);
    assert.equal((await resolveAppKey(options))[0]?.reveal(), first?.reveal());
    assert.deepEqual(readdirSync(dataFolder), ["app.key"]);
    assert.equal(readFileSync(join(dataFolder, "app.key"), "utf8").trim(), first?.reveal());
  });

  test("every development folder gets another", async (t) => {
    const keys = await Promise.all(
      [1, 2].map(() => resolveAppKey({ keys: undefined, environment: "development", dataFolder: makeFolder(t) })),
    );
    assert.notEqual(keys[0]?.[0]?.reveal(), keys[1]?.[0]?.reveal());
  });

  test("all who start at once get the same", async (t) => {
    const dataFolder = makeFolder(t);
    const all = await Promise.all(
      Array.from({ length: 20 }, () => resolveAppKey({ keys: undefined, environment: "development", dataFolder })),
    );
    assert.equal(new Set(all.map(([key]) => key?.reveal())).size, 1);
    assert.deepEqual(readdirSync(dataFolder), ["app.key"]);
  });

  test("a kept one that was damaged is refused, not replaced: what it signed would be lost silently", async (t) => {
    const dataFolder = makeFolder(t, { "app.key": "hunter2\n" });
    const error = await failureOf(
      resolveAppKey({ keys: undefined, environment: "development", dataFolder }),
      "E_CONFIG_APP_KEY_WEAK",
    );
    assert.ok(!error.message.includes("hunter2") && error.message.includes("app.key"));
    assert.equal(readFileSync(join(dataFolder, "app.key"), "utf8"), "hunter2\n");
  });

  test("one that can be neither kept nor read is an error that says where", async (t) => {
    const folder = makeFolder(t);
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "app.key"));
    for (const dataFolder of [folder, join(folder, "file")]) {
      const error = await failureOf(
        resolveAppKey({ keys: undefined, environment: "development", dataFolder }),
        "E_CONFIG_APP_KEY_FILE_FAILED",
      );
      assert.ok(error.message.includes(dataFolder));
    }
  });
});
