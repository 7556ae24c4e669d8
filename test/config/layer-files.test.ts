import assert from "node:assert/strict";
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import type { Environment } from "#src/config/contract";
import { defineConfig } from "#src/config/define-config";
import { readConfigFiles } from "#src/config/layer-files";
import * as setting from "#src/config/setting";
import { faultLines } from "./support/failure.ts";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({ notes: setting.text({ optional: true }) });

interface Offer {
  readonly offered: readonly string[];
  readonly faults: readonly string[];
}

async function offerOf(folder: string, environment: Environment = "test"): Promise<Offer> {
  const layers = await readConfigFiles({ schema, folder, environment });
  return {
    offered: layers.flatMap((layer) =>
      layer.candidates.map(({ key, input, source }) => `${key.name}=${JSON.stringify(input)} ${source}`),
    ),
    faults: faultLines(layers.flatMap((layer) => layer.faults)),
  };
}

function offerOfFile(t: TestContext, name: string, content: string | Uint8Array): Promise<Offer> {
  return offerOf(makeFolder(t, { [`config/${name}`]: content }));
}

describe("configuration files", () => {
  for (const [name, content, source] of [
    ["default.yaml", "# ports\nport: 8080\n", "config/default.yaml:2"],
    ["default.yml", "port: 8080\n", "config/default.yml:1"],
    ["default.toml", "port = 8080\n", "config/default.toml"],
    ["default.json", '{\n\n"port": 8080}', "config/default.json:3"],
    ["test.yaml", "port: 8080\n", "config/test.yaml:1"],
  ] as const) {
    test(`${name} is read, with its place`, async (t) => {
      assert.deepEqual(await offerOfFile(t, name, content), { offered: [`port=8080 ${source}`], faults: [] });
    });

    test(`${name} may have a byte order mark and CRLF`, async (t) => {
      const marked = `\ufeff${content.replaceAll("\n", "\r\n")}`;
      assert.deepEqual(await offerOfFile(t, name, marked), { offered: [`port=8080 ${source}`], faults: [] });
    });

    test(`${name} may not hold a NUL byte`, async (t) => {
      assert.deepEqual(await offerOfFile(t, name, `${content}\0`), {
        offered: [],
        faults: [` | holds a NUL byte | config/${name}`],
      });
    });

    test(`${name} may not hold a prototype key`, async (t) => {
      const key = name.endsWith("toml") ? "[__proto__]\nhost = 'x'" : '{"__proto__": {"host": "x"}}';
      assert.deepEqual(await offerOfFile(t, name, key), {
        offered: [],
        faults: [` | the key "__proto__" is never allowed | config/${name}`],
      });
      assert.equal(({} as { host?: string }).host, undefined);
    });

    test(`${name} may not be a megabyte of brackets, nor as many as fit`, async (t) => {
      assert.deepEqual(await offerOfFile(t, name, "[".repeat(1_048_576)), {
        offered: [],
        faults: [` | is larger than 256kb | config/${name}`],
      });
      const { offered, faults } = await offerOfFile(t, name, `${name.endsWith("toml") ? "notes = " : ""}${"[".repeat(5_000)}`);
      assert.deepEqual(offered, []);
      assert.match(faults.join(), /^ \| is not valid (YAML|TOML|JSON)/);
    });

    test(`${name} may not be a folder or a loop of links`, async (t) => {
      const folder = makeFolder(t);
      mkdirSync(join(folder, "config", name), { recursive: true });
      assert.deepEqual(await offerOf(folder), { offered: [], faults: [` | is not a regular file | config/${name}`] });
      const looped = makeFolder(t);
      mkdirSync(join(looped, "config"));
      symlinkSync(name, join(looped, "config", name));
      assert.deepEqual(await offerOf(looped), { offered: [], faults: [` | cannot be opened (ELOOP) | config/${name}`] });
    });
  }

  test("are read default first, then the environment's; others are left alone", async (t) => {
    const folder = makeFolder(t, {
      "config/test.json": '{"port": 2}',
      "config/default.yaml": "port: 1",
      "config/production.yaml": "port: [",
    });
    assert.deepEqual((await offerOf(folder)).offered, ["port=1 config/default.yaml:1", "port=2 config/test.json:1"]);
  });

  test("are not needed", async (t) => {
    assert.deepEqual(await offerOf(makeFolder(t)), { offered: [], faults: [] });
    assert.deepEqual(await offerOf(makeFolder(t, { "config/readme.md": "" })), { offered: [], faults: [] });
  });

  test("may be empty where the format allows it", async (t) => {
    assert.deepEqual(await offerOfFile(t, "default.yaml", "# nothing\n"), { offered: [], faults: [] });
    assert.deepEqual(await offerOfFile(t, "default.toml", ""), { offered: [], faults: [] });
    assert.deepEqual((await offerOfFile(t, "default.json", "")).faults, [" | is not valid JSON | config/default.json:1:1"]);
  });

  test("do not compete: two of one name are a fault", async (t) => {
    const { offered, faults } = await offerOf(makeFolder(t, { "config/default.yaml": "port: 1", "config/default.json": "{}" }));
    assert.deepEqual(offered, []);
    assert.deepEqual(faults, [" | expected one file, not yaml and json | config/default.*"]);
  });

  for (const [name, content, fault] of [
    ["default.yaml", "port: 1\nhost: [hunter2", "is not valid YAML (bad indent) | config/default.yaml:2:15"],
    ["default.yaml", "a: &a [*a, hunter2]\nb: ? {c: 1}", "is not valid YAML (block as implicit key) | config/default.yaml:2:4"],
    ["default.toml", "port = 1\nhost = hunter2", "is not valid TOML | config/default.toml:2:8"],
    ["default.json", '{"port": 1,\n"host": hunter2}', "is not valid JSON | config/default.json:2:9"],
  ] as const) {
    test(`${name} that is malformed is reported with line and column: ${fault}`, async (t) => {
      assert.deepEqual(await offerOfFile(t, name, content), { offered: [], faults: [` | ${fault}`] });
    });
  }

  test("that a link promises and nobody has are a fault", async (t) => {
    const folder = makeFolder(t);
    mkdirSync(join(folder, "config"));
    symlinkSync("gone", join(folder, "config", "default.yaml"));
    assert.deepEqual((await offerOf(folder)).faults, [" | cannot be opened (ENOENT) | config/default.yaml"]);
  });

  test("need a folder, not a file, by the name of config", async (t) => {
    assert.deepEqual((await offerOf(makeFolder(t, { config: "port: 1" }))).faults, [" | cannot be listed (ENOTDIR) | config"]);
  });
});
