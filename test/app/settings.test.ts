import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createKeyRing } from "#src/security/mod";
import { defineApp } from "#src/app/define-app";
import { baseOf, loadSettings, resolveKeys, settingsOf } from "#src/app/settings";
import { defineConfig, setting } from "#src/config/mod";

const app = defineApp({ name: "a", config: defineConfig({ size: setting.integer({ default: 1 }) }) });
const folder = "/nonexistent";

describe("settings of an app", () => {
  test("are its own and Plinth's, also when it has none of its own", () => {
    assert.ok(settingsOf(app).keys.some((key) => key.name === "size"));
    const bare = settingsOf(defineApp({ name: "bare" }));
    assert.ok(bare.keys.some((key) => key.name === "port"));
    assert.ok(!bare.keys.some((key) => key.name === "size"));
  });

  test("come from the environment and from flags, of which the flag wins", async () => {
    const loaded = await loadSettings(app, { env: { SIZE: "2", PORT: "4000" }, folder, overrides: ["size=3"] });
    assert.equal((loaded.values as { size: number }).size, 3);
    assert.equal(baseOf(loaded).port, 4_000);
  });

  test("with a fault are refused with all of them", async () => {
    const loading = loadSettings(app, { env: { SIZE: "many", PORT: "none" }, folder });
    await assert.rejects(loading, (thrown: { code?: string; faults?: readonly unknown[] }) => {
      assert.deepEqual([thrown.code, thrown.faults?.length], ["E_CONFIG_INVALID", 2]);
      return true;
    });
    await assert.rejects(loadSettings(app, { env: {}, folder, secretsFolder: "/nonexistent/secrets" }), {
      code: "E_CONFIG_INVALID",
    });
  });

  test("give the root secrets, a fixed one in tests and none by default in production", async () => {
    const key = "a-secret-of-more-than-32-bytes-for-this-test";
    const given = await loadSettings(app, { env: { APP_KEY: key }, folder });
    assert.deepEqual(
      (await resolveKeys(given)).map((secret) => secret.reveal()),
      [key],
    );
    const fixed = await loadSettings(app, { env: { APP_ENV: "test" }, folder });
    // Fixed, and yet good enough for the key ring, which refuses what anybody would guess.
    assert.equal(createKeyRing(await resolveKeys(fixed)).verificationKeys("any").length, 1);
    await assert.rejects(loadSettings(app, { env: { APP_ENV: "production" }, folder }), { code: "E_CONFIG_INVALID" });
  });
});
