import assert from "node:assert/strict";
import { type TestContext, describe, test } from "node:test";
import { ConfigSource, type ConfigSourceOptions } from "#src/config/config-source";
import { defineConfig } from "#src/config/define-config";
import { errors } from "#src/config/errors";
import { loadConfig } from "#src/config/load-config";
import * as setting from "#src/config/setting";
import { makeFolder, writeFiles } from "./support/folder.ts";

const schema = defineConfig({
  greeting: setting.text({ default: "hello", reload: "live" }),
  uploads: {
    maxSize: setting.size({ default: "1mb", reload: "live" }),
    folder: setting.text({ default: "files" }),
  },
  token: setting.secret({ optional: true, reload: "live" }),
  password: setting.secret({ optional: true }),
});
type Tree = (typeof schema)["tree"];
type Values = Readonly<Record<string, unknown>>;

/** A source over one file, and the means to write that file. */
async function createScene(t: TestContext, first: Values, more: Partial<ConfigSourceOptions<Tree>> = {}) {
  const folder = makeFolder(t);
  const write = (values: Values): void => writeFiles(folder, { "config/default.json": JSON.stringify(values) });
  write(first);
  const options = { schema, env: {}, folder, ...more };
  return { folder, write, source: new ConfigSource(options, await loadConfig(options)) };
}

describe("a configuration that is loaded again", () => {
  test("takes the new values of live settings, with their sources, frozen", async (t) => {
    const { write, folder, source } = await createScene(t, { greeting: "hi", uploads: { maxSize: "2mb" } });
    const before = source.current;
    write({ greeting: "hey", uploads: { maxSize: "3mb" }, token: "s3cret" });
    writeFiles(folder, { ".env": "GREETING=moin" });
    const reload = await source.reload();
    assert.deepEqual(reload, { outcome: "changed", changed: ["greeting", "uploads.maxSize", "token"], pending: [], faults: [] });
    const { values, provenance } = source.current;
    assert.deepEqual([values.greeting, values.uploads.maxSize, values.token?.reveal()], ["moin", "3mb", "s3cret"]);
    assert.deepEqual([provenance["greeting"], provenance["uploads.maxSize"]], [".env", "config/default.json:1"]);
    assert.ok(Object.isFrozen(values) && Object.isFrozen(values.uploads));
    assert.equal(before.values.greeting, "hi");
  });

  test("keeps a setting that needs a restart as it is, and says so without showing a secret", async (t) => {
    const { write, source } = await createScene(t, { greeting: "hi" });
    write({ greeting: "hey", port: 4000, uploads: { folder: "other" }, password: "hunter2" });
    const { changed, pending } = await source.reload();
    assert.deepEqual(changed, ["greeting"]);
    assert.deepEqual(
      pending.map(({ key, now, wanted }) => [key, now, wanted]),
      [
        ["port", "3000", "4000"],
        ["uploads.folder", "files", "other"],
        ["password", "-", "[secret]"],
      ],
    );
    assert.ok(!JSON.stringify(source).includes("hunter2"));
    const { values, provenance } = source.current;
    assert.deepEqual([values.port, values.uploads.folder, values.password], [3000, "files", undefined]);
    assert.equal(provenance["port"], "default");
    write({ greeting: "hey" });
    assert.deepEqual([(await source.reload()).outcome, source.pending], ["unchanged", []]);
  });

  test("changes nothing at all when anything is wrong, and reports every fault", async (t) => {
    const { write, source } = await createScene(t, { greeting: "hi" });
    const before = source.current;
    write({ greeting: "hey", port: "many", uploads: { maxSize: "huge" }, greting: "x" });
    const { outcome, faults } = await source.reload();
    assert.equal(outcome, "refused");
    assert.deepEqual(faults.map(({ pointer }) => pointer).toSorted(), ["/greting", "/port", "/uploads/maxSize"]);
    assert.equal(source.current, before);
    write({ greeting: "hey" });
    assert.equal((await source.reload()).outcome, "changed");
  });

  test("is refused by a check that the values pass by themselves", async (t) => {
    const check = (): void => {
      throw errors.APP_KEY_WEAK({ source: "APP_KEY", reason: "is weak." });
    };
    const { write, source } = await createScene(t, { greeting: "hi" }, { check });
    write({ greeting: "hey" });
    const { outcome, faults } = await source.reload();
    assert.equal(outcome, "refused");
    assert.match(faults[0]?.detail ?? "", /APP_KEY is weak/);
    assert.equal(source.current.values.greeting, "hi");
  });

  test("does not move to another environment", async (t) => {
    const { write, source } = await createScene(t, { greeting: "hi" });
    write({ greeting: "hey", environment: "production" });
    assert.equal((await source.reload()).outcome, "refused");
    write({ greeting: "hey" });
    await source.reload();
    assert.deepEqual([source.current.environment, source.current.provenance["environment"]], ["development", "default"]);
  });

  test("two reloads at once do not mix: the last state of the files holds", async (t) => {
    const { write, source } = await createScene(t, { greeting: "hi" });
    const all: Promise<unknown>[] = [];
    for (let turn = 0; turn < 20; turn++) {
      write({ greeting: `hi ${turn}` });
      all.push(source.reload());
    }
    await Promise.all(all);
    assert.equal(source.current.values.greeting, "hi 19");
  });
});
