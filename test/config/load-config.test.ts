import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import fc from "fast-check";
import { defineConfig } from "#src/config/define-config";
import { type LoadOptions, loadConfig } from "#src/config/load-config";
import * as setting from "#src/config/setting";
import { isSecret } from "#src/core/mod";
import { faultLines, failureOf } from "./support/failure.ts";
import { makeFolder, writeFiles } from "./support/folder.ts";

const schema = defineConfig({
  mail: { from: setting.text({ default: "by-default" }), password: setting.secret({ optional: true }) },
  days: setting.list(setting.integer(), { default: [1] }),
});
type Tree = (typeof schema)["tree"];

interface Layer {
  readonly name: string;
  readonly source: (folder: string) => string;
  /** Files to write, and what to hand to loadConfig, for the layer to say `value`. */
  readonly files?: (value: string) => Readonly<Record<string, string>>;
  readonly options?: (value: string, folder: string) => Partial<LoadOptions<Tree>>;
}

/** Every layer, weakest first. */
const LAYERS: readonly Layer[] = [
  { name: "default", source: () => "default" },
  {
    name: "config/default",
    source: () => "config/default.yaml:2",
    files: (value) => ({ "config/default.yaml": `mail:\n  from: ${value}\n` }),
  },
  {
    name: "config/test",
    source: () => "config/test.toml",
    files: (value) => ({ "config/test.toml": `[mail]\nfrom = "${value}"\n` }),
  },
  { name: ".env", source: () => ".env", files: (value) => ({ ".env": `MAIL_FROM=${value}\n` }) },
  { name: ".env.test", source: () => ".env.test", files: (value) => ({ ".env.test": `MAIL_FROM=${value}\n` }) },
  { name: "environment", source: () => "environment MAIL_FROM", options: (value) => ({ env: { MAIL_FROM: value } }) },
  {
    name: "named file",
    source: (folder) => `file ${folder}/named`,
    files: (value) => ({ named: `${value}\n` }),
    options: () => ({ env: { MAIL_FROM_FILE: "named" } }),
  },
  {
    name: "secrets folder",
    source: (folder) => `file ${folder}/secrets/mail_from`,
    files: (value) => ({ "secrets/mail_from": value }),
    options: (_, folder) => ({ secretsFolder: join(folder, "secrets") }),
  },
  { name: "--set", source: () => "--set", options: (value) => ({ overrides: [`mail.from=${value}`] }) },
];

/** Loads with these layers saying their own names. */
function loadLayers(t: TestContext, layers: readonly Layer[]): ReturnType<typeof loadConfig<Tree>> & { readonly folder: string } {
  const folder = makeFolder(t);
  const env: Record<string, string | undefined> = {};
  const options: Partial<LoadOptions<Tree>> = {};
  for (const layer of layers) {
    writeFiles(folder, layer.files?.(toValue(layer)) ?? {});
    const given = layer.options?.(toValue(layer), folder) ?? {};
    Object.assign(env, given.env);
    Object.assign(options, given);
  }
  return Object.assign(loadConfig({ schema, environment: "test", folder, ...options, env }), { folder });
}

function toValue(layer: Layer): string {
  return `by-${layer.name.replaceAll(/\W/g, "-")}`;
}

describe("the order of sources", () => {
  for (const [index, winner] of LAYERS.entries()) {
    for (const loser of LAYERS.slice(0, index)) {
      test(`${winner.name} wins over ${loser.name}`, async (t) => {
        const loading = loadLayers(t, [winner, loser]);
        const { values, provenance } = await loading;
        assert.equal(values.mail.from, toValue(winner));
        assert.equal(provenance["mail.from"], winner.source(loading.folder));
      });
    }
  }

  test("holds for any set of sources", async (t) => {
    await fc.assert(
      fc.asyncProperty(fc.subarray([...LAYERS], { minLength: 1 }), async (layers) => {
        const loading = loadLayers(t, layers.toReversed());
        const winner = layers.at(-1) as Layer;
        assert.equal((await loading).values.mail.from, toValue(winner));
        assert.equal((await loading).provenance["mail.from"], winner.source(loading.folder));
      }),
      { numRuns: 40 },
    );
  });

  test("is per key: what one source leaves out comes from another", async (t) => {
    const folder = makeFolder(t, { "config/default.yaml": "mail: {from: a}\nport: 1\nhost: h\n", ".env": "PORT=2\n" });
    const { values } = await loadConfig({ schema, env: { DAYS: "5,6" }, folder });
    assert.deepEqual([values.mail.from, values.port, values.host, values.days], ["a", 2, "h", [5, 6]]);
  });

  test("replaces lists whole", async (t) => {
    const folder = makeFolder(t, { "config/default.yaml": "days: [1, 2, 3]\n", "config/test.yaml": "days: [9]\n" });
    assert.deepEqual((await loadConfig({ schema, env: {}, environment: "test", folder })).values.days, [9]);
  });

  test("lets a *_FILE variable of a .env file stand, and the environment's come before it", async (t) => {
    const folder = makeFolder(t, { ".env": "MAIL_FROM_FILE=a\n", a: "from a", b: "from b" });
    assert.equal((await loadConfig({ schema, env: {}, folder })).values.mail.from, "from a");
    assert.equal((await loadConfig({ schema, env: { MAIL_FROM_FILE: "b" }, folder })).values.mail.from, "from b");
  });

  test("heals: a refused value that a later source overrides does no harm", async (t) => {
    const folder = makeFolder(t, { "config/default.yaml": "port: nonsense\n" });
    assert.equal((await loadConfig({ schema, env: {}, folder, overrides: ["port=1"] })).values.port, 1);
  });
});

describe("faults", () => {
  test("are reported all at once, from all sources, each with key, expectation and source", async (t) => {
    const folder = makeFolder(t, {
      "config/default.yaml": "prot: 1\nhost: ''\n",
      "config/test.json": "{",
      ".env": "ADMIN_PORT=x\n",
      "secrets/LOG_LEVEL": "loud",
    });
    const error = await failureOf(
      loadConfig({
        schema,
        environment: "test",
        folder,
        env: { HTTP_THREADS: "many", MAIL_PASSWORD_FILE: "none", DAYS: "1,x,3,y" },
        secretsFolder: join(folder, "secrets"),
        overrides: ["role=web", "mial.from=x"],
      }),
      "E_CONFIG_INVALID",
    );
    assert.deepEqual(faultLines(error.faults), [
      '/prot | no such setting; did you mean "port"? | config/default.yaml:1',
      " | is not valid JSON | config/test.json:1:2",
      "/mail/password | does not exist | file named by MAIL_PASSWORD_FILE",
      '/mial/from | no such setting; did you mean "mail.from"? | --set',
      "/host | expected text that is not empty | config/default.yaml:2",
      "/adminPort | expected a port from 0 to 65535 | .env",
      "/httpThreads | expected a whole number from 0 to 1024 | environment HTTP_THREADS",
      "/role | expected one of all, http, jobs | --set",
      `/logLevel | expected one of trace, debug, info, warn, error, fatal, silent | file ${folder}/secrets/LOG_LEVEL`,
      "/days/1 | expected a whole number | environment DAYS",
      "/days/3 | expected a whole number | environment DAYS",
    ]);
    assert.match(error.message, /^The configuration \(test\) has 11 faults/);
    for (const fault of error.faults ?? []) assert.ok(error.message.includes(fault.detail));
  });

  test("name what is required and not set, and how to set it", async (t) => {
    const strict = defineConfig({
      mail: { host: setting.text() },
      token: setting.secret({ requiredIn: ["test"], optional: true }),
    });
    const folder = makeFolder(t);
    const error = await failureOf(loadConfig({ schema: strict, env: {}, environment: "test", folder }), "E_CONFIG_INVALID");
    assert.deepEqual(faultLines(error.faults), [
      "/mail/host | expected text that is not empty; set MAIL_HOST | not set",
      "/token | expected a secret text that is not empty; set TOKEN | not set",
    ]);
  });

  test("include a default that its own setting refuses", async (t) => {
    const broken = defineConfig({
      ratio: setting.number({ max: 1, default: () => 2 }),
      url: setting.connection({ schemes: ["redis"], default: "redis://u:hunter2@x" }),
    });
    const error = await failureOf(loadConfig({ schema: broken, env: {}, folder: makeFolder(t) }), "E_CONFIG_INVALID");
    assert.deepEqual(faultLines(error.faults), [
      "/ratio | expected a number, at most 1 | default",
      "/url | expected a connection URL (redis) | default",
    ]);
  });

  test("do not let a null in a file pass for no value", async (t) => {
    const error = await failureOf(
      loadConfig({ schema, env: {}, folder: makeFolder(t, { "config/default.yaml": "redisUrl:\n" }) }),
      "E_CONFIG_INVALID",
    );
    assert.deepEqual(faultLines(error.faults), ["/redisUrl | expected a connection URL (redis, rediss) | config/default.yaml:1"]);
  });

  for (const [text, what] of [
    ["1e999", "an infinite number"],
    ["0x10", "a hexadecimal number"],
    ["", "the empty text"],
  ] as const) {
    test(`refuse ${what} for a port, from a variable and from --set`, async (t) => {
      const folder = makeFolder(t);
      for (const options of [{ env: { PORT: text } }, { env: {}, overrides: [`port=${text}`] }]) {
        await failureOf(loadConfig({ schema, folder, ...options }), "E_CONFIG_INVALID");
      }
    });
  }
});

describe("a default", () => {
  const strict = defineConfig({
    a: setting.text({ default: "x", requiredIn: ["production"] }),
    b: setting.text({ requiredIn: ["production"] }),
    c: setting.text({ default: (environment) => `for ${environment}` }),
  });

  test("does not count where a value is required", async (t) => {
    const folder = makeFolder(t);
    const env = { APP_KEY: "0123456789abcdef0123456789abcdef" };
    const error = await failureOf(loadConfig({ schema: strict, env, environment: "production", folder }), "E_CONFIG_INVALID");
    assert.deepEqual(
      error.faults?.map((fault) => fault.pointer),
      ["/a", "/b"],
    );
  });

  test("counts elsewhere, and may differ by environment", async (t) => {
    const { values, provenance } = await loadConfig({ schema: strict, env: {}, folder: makeFolder(t) });
    assert.deepEqual([values.a, values.b, values.c], ["x", undefined, "for development"]);
    assert.deepEqual([provenance["a"], provenance["b"], provenance["c"]], ["default", "not set", "default"]);
  });
});

describe("the environment", () => {
  test("decides which files are read, and is itself a value with a source", async (t) => {
    const folder = makeFolder(t, {
      "config/test.yaml": "port: 1\n",
      "config/development.yaml": "port: 2\n",
      ".env.test": "HOST=t\n",
      ".env.development": "HOST=d\n",
    });
    const loaded = await loadConfig({ schema, env: { NODE_ENV: "test" }, folder });
    assert.deepEqual(
      [loaded.environment, loaded.values.environment, loaded.provenance["environment"]],
      ["test", "test", "environment NODE_ENV"],
    );
    assert.deepEqual([loaded.values.port, loaded.values.host], [1, "t"]);
  });

  test("that is unknown is the only fault: nothing was read yet", async (t) => {
    const folder = makeFolder(t, { "config/default.yaml": "[" });
    const error = await failureOf(loadConfig({ schema, env: { APP_ENV: "prod" }, folder }), "E_CONFIG_INVALID");
    assert.deepEqual(faultLines(error.faults), [
      "/environment | expected one of development, test, production | environment APP_ENV",
    ]);
  });

  for (const [name, files, overrides] of [
    [".env", { ".env": "APP_ENV=production\n" }, []],
    ["config/default.yaml:1", { "config/default.yaml": "environment: production\n" }, []],
    ["--set", {}, ["environment=production"]],
  ] as const) {
    test(`cannot be changed from ${name}, which would be too late, nor be ignored there`, async (t) => {
      const error = await failureOf(loadConfig({ schema, env: {}, folder: makeFolder(t, files), overrides }), "E_CONFIG_INVALID");
      assert.deepEqual(
        error.faults?.map((fault) => [fault.in, fault.pointer]),
        [[name, "/environment"]],
      );
      assert.match(error.message, /the environment is development, decided before files are read/);
    });
  }

  test("may be repeated where it is the same", async (t) => {
    const folder = makeFolder(t, { ".env": "APP_ENV=test\n" });
    assert.equal((await loadConfig({ schema, env: { APP_ENV: "test" }, folder })).environment, "test");
  });

  test("of the caller comes before APP_ENV, which is no fault", async (t) => {
    const loaded = await loadConfig({ schema, env: { APP_ENV: "development" }, environment: "test", folder: makeFolder(t) });
    assert.deepEqual([loaded.values.environment, loaded.provenance["environment"]], ["test", "caller"]);
  });
});

describe("the outcome", () => {
  test("is frozen at every depth", async (t) => {
    const { values, provenance } = await loadConfig({ schema, env: { DAYS: "1,2" }, folder: makeFolder(t) });
    for (const part of [values, values.mail, values.days, values.databaseUrl, provenance]) assert.ok(Object.isFrozen(part));
    // @ts-expect-error -- read only
    assert.throws(() => (values.mail.from = "x"), TypeError);
    // @ts-expect-error -- read only
    assert.throws(() => values.days.push(1), TypeError);
  });

  test("has a source for every setting", async (t) => {
    const { provenance } = await loadConfig({ schema, env: {}, folder: makeFolder(t) });
    assert.deepEqual(
      Object.keys(provenance),
      schema.keys.map((key) => key.name),
    );
  });

  test("holds secrets as Secrets", async (t) => {
    const { values } = await loadConfig({ schema, env: { MAIL_PASSWORD: "hunter2" }, folder: makeFolder(t) });
    assert.ok(isSecret(values.mail.password));
    assert.equal(values.mail.password.reveal(), "hunter2");
  });

  test("leaves the defaults of the schema unfrozen where a schema returns them", async (t) => {
    const { values } = await loadConfig({ schema, env: {}, folder: makeFolder(t) });
    assert.notEqual(values.days, schema.keys.at(-1)?.setting.options.default);
  });
});
