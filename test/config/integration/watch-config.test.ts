import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import { configPlaces } from "#src/config/config-places";
import { defineConfig } from "#src/config/define-config";
import * as setting from "#src/config/setting";
import { ConfigWatch } from "#src/config/watch-config";
import { makeFolder, writeFiles } from "../support/folder.ts";

const schema = defineConfig({ token: setting.secret({ optional: true }) });

interface Scene {
  readonly folder: string;
  readonly errors: readonly string[];
  /** Does something, and resolves when it was noticed. */
  readonly noticed: (change: () => void) => Promise<void>;
  readonly count: () => number;
}

function watchFolder(t: TestContext, files: Readonly<Record<string, string>> = {}, env: Record<string, string> = {}): Scene {
  const folder = makeFolder(t, files);
  const errors: string[] = [];
  let count = 0;
  const changes = new EventEmitter();
  const secrets = join(folder, "secrets");
  const watch = new ConfigWatch({
    places: () => configPlaces({ schema, env, environment: "test", folder, secretsFolder: secrets }),
    onChange: () => {
      count++;
      changes.emit("change");
    },
    onError: (reason) => errors.push(reason),
  });
  t.after(() => watch.close());
  return {
    folder,
    errors,
    count: () => count,
    async noticed(change) {
      const noticed = once(changes, "change", { signal: AbortSignal.timeout(10_000) });
      change();
      await noticed;
    },
  };
}

describe("a watch over the configuration's files", () => {
  test("notices a file that is written, one that is renamed into its place, and one that is removed", async (t) => {
    const { folder, noticed } = watchFolder(t, { ".env": "A=1", "config/default.yaml": "port: 1" });
    await noticed(() => writeFileSync(join(folder, ".env"), "A=2"));
    await noticed(() => {
      writeFileSync(join(folder, "config", "draft"), "port: 2");
      renameSync(join(folder, "config", "draft"), join(folder, "config", "default.yaml"));
    });
    await noticed(() => rmSync(join(folder, "config", "default.yaml")));
  });

  test("notices files and folders that were not there when it began", async (t) => {
    const { folder, noticed } = watchFolder(t);
    await noticed(() => writeFileSync(join(folder, ".env.test"), "A=1"));
    await noticed(() => mkdirSync(join(folder, "config")));
    await noticed(() => writeFileSync(join(folder, "config", "test.toml"), "port = 1"));
    await noticed(() => {
      mkdirSync(join(folder, "secrets"));
      writeFileSync(join(folder, "secrets", "TOKEN"), "x");
    });
    await noticed(() => writeFileSync(join(folder, "secrets", "token"), "y"));
  });

  test("notices a folder that is replaced by another, and what happens in that one", async (t) => {
    const { folder, noticed } = watchFolder(t, { "config/default.yaml": "port: 1" });
    await noticed(() => {
      writeFiles(folder, { "next/default.yaml": "port: 2" });
      renameSync(join(folder, "config"), join(folder, "old"));
      renameSync(join(folder, "next"), join(folder, "config"));
    });
    await noticed(() => writeFileSync(join(folder, "config", "default.yaml"), "port: 3"));
  });

  test("notices the swap of links by which Kubernetes renews a volume, again and again", async (t) => {
    const volume = makeFolder(t, { "..1/token": "a" });
    symlinkSync("..1", join(volume, "..data"));
    symlinkSync(join("..data", "token"), join(volume, "token"));
    const { noticed } = watchFolder(t, {}, { TOKEN_FILE: join(volume, "token") });
    for (const next of ["..2", "..3"]) {
      await noticed(() => {
        writeFiles(volume, { [`${next}/token`]: next });
        symlinkSync(next, join(volume, "..data_tmp"));
        renameSync(join(volume, "..data_tmp"), join(volume, "..data"));
      });
    }
  });

  test("notices a change behind a link to a file elsewhere", async (t) => {
    const elsewhere = makeFolder(t, { shared: "A=1" });
    const { folder, noticed } = watchFolder(t);
    await noticed(() => symlinkSync(join(elsewhere, "shared"), join(folder, ".env")));
    await noticed(() => writeFileSync(join(elsewhere, "shared"), "A=2"));
  });

  test("calls once for a burst, and not for files that are none of its business", async (t) => {
    const { folder, noticed, count } = watchFolder(t, { ".env": "A=0" });
    for (let index = 0; index < 50; index++) writeFileSync(join(folder, `unrelated-${index}`), "x");
    await noticed(() => {
      for (let index = 0; index < 50; index++) writeFileSync(join(folder, ".env"), `A=${index}`);
    });
    assert.equal(count(), 1);
  });
});
