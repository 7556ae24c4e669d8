import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import * as config from "#src/config/mod";
import { makeFolder } from "./support/folder.ts";

const { defineConfig, setting } = config;

const schema = defineConfig({
  mail: {
    password: setting.secret({ optional: true }),
    pins: setting.list(setting.secret({ minBytes: 12 }), { optional: true }),
  },
  broker: setting.connection({ schemes: ["amqp"], optional: true }),
  plain: setting.text({ default: "x" }),
});

const MARK = "hunter2";

/** A secret to search for: the mark between noise, as text may be noisy in any source. */
const noise = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.constantFrom("", "\n", "'", '"', ": ", "{", "}", "=", "#", "@", "/", "\\", "\u001b[1m", ",", "%00"),
);
const secretText = fc.tuple(noise, noise).map(([before, after]) => `${before}${MARK}${after}`);

/** Everything that may reach a screen, a log or a caller. */
function everythingPrinted(outcome: unknown): string {
  const whole = [inspect(outcome, { depth: 20, showHidden: true }), JSON.stringify(outcome), String(outcome)];
  if (outcome instanceof Error)
    whole.push(outcome.message, String(outcome.stack), JSON.stringify(Object.entries(outcome)), inspect(outcome.cause));
  return whole.join("\n");
}

async function load(options: Omit<config.LoadOptions, "schema">): Promise<string> {
  try {
    const loaded = await config.loadConfig({ schema, ...options });
    const rows = config.explainConfig(loaded);
    return (
      everythingPrinted({ loaded, rows }) +
      config.formatExplanation(rows) +
      `${inspect(loaded.values)}${String(loaded.values.mail.password)}`
    );
  } catch (thrown) {
    return everythingPrinted(thrown);
  }
}

describe("no secret is ever printed", () => {
  // What Windows line ends and NUL do to a file is tested where files are read; here only what is printed counts.
  const places: readonly (readonly [string, (folder: string, secret: string) => Omit<config.LoadOptions, "schema">])[] = [
    [
      "a variable",
      (folder, secret) => ({
        folder,
        env: { MAIL_PASSWORD: secret, MAIL_PINS: secret, BROKER: `amqp://u:${secret}@h`, APP_KEY: secret },
      }),
    ],
    ["a variable that names a file", (folder, secret) => ({ folder, env: { MAIL_PASSWORD_FILE: secret, BROKER_FILE: secret } })],
    [
      "a flag",
      (folder, secret) => ({
        folder,
        env: {},
        overrides: [`mail.password=${secret}`, `mail.pins=${secret}`, `mial.password=${secret}`, `broker=amqp://${secret}@h`],
      }),
    ],
    [
      "a .env file",
      (folder, secret) => {
        // A quote would end the value early, and what stands before it could read as the host, which is no secret.
        const quoted = secret.replaceAll("'", "");
        writeFileSync(join(folder, ".env"), `MAIL_PASSWORD=${secret}\nBROKER='amqp://a:${quoted}@h'\nMAIL_PINS=${secret}`);
        return { folder, env: {} };
      },
    ],
    [
      "a secrets folder",
      (folder, secret) => {
        for (const name of ["MAIL_PASSWORD", "MAIL_PINS", "BROKER"]) writeFileSync(join(folder, name), secret);
        return { folder, env: {}, secretsFolder: folder };
      },
    ],
    [
      "a YAML file",
      (folder, secret) => {
        writeFileSync(
          join(folder, "config/default.yaml"),
          `mail:\n  password: ${secret}\n  pins: [${secret}]\nbroker: amqp://a:${secret}@h\n`,
        );
        return { folder, env: {} };
      },
    ],
    [
      "a TOML file",
      (folder, secret) => {
        writeFileSync(
          join(folder, "config/default.toml"),
          `broker = "amqp://a:${secret}@h"\n[mail]\npassword = "${secret}"\npins = ["${secret}"]\n`,
        );
        return { folder, env: {} };
      },
    ],
    [
      "a JSON file",
      (folder, secret) => {
        writeFileSync(
          join(folder, "config/default.json"),
          `{"broker": "amqp://a:${secret}@h", "mail": {"password": "${secret}", "pins": [${secret}]}}`,
        );
        return { folder, env: {} };
      },
    ],
    [
      "a quoted JSON file",
      (folder, secret) => {
        writeFileSync(
          join(folder, "config/default.json"),
          JSON.stringify({ broker: `amqp://a:${secret}@h`, mail: { password: secret, pins: [secret, 1] }, plain: 1 }),
        );
        return { folder, env: {} };
      },
    ],
  ];

  for (const [place, write] of places) {
    test(`from ${place}, whether it is accepted or refused`, async (t) => {
      await fc.assert(
        fc.asyncProperty(secretText, async (secret) => {
          const folder = makeFolder(t, { "config/readme.md": "" });
          assert.ok(!(await load(write(folder, secret))).includes(MARK));
        }),
        { numRuns: 60 },
      );
    });
  }

  test("by the functions that describe a schema", () => {
    const told = [config.configExample(schema), config.configReference(schema), config.configJsonSchema(schema)].join();
    assert.match(told, /MAIL_PASSWORD/);
    assert.doesNotMatch(told, /hunter2/);
  });
});

test("the door has what apps and commands need", () => {
  assert.deepEqual(Object.keys(config), [
    "ConfigSource",
    "ConfigWatch",
    "LiveValues",
    "baseConfig",
    "checkConfig",
    "configExample",
    "configJsonSchema",
    "configPlaces",
    "configReference",
    "defineConfig",
    "describeAppKeySource",
    "describeFault",
    "errors",
    "explainConfig",
    "formatExplanation",
    "loadConfig",
    "processEnvironment",
    "readConfig",
    "resolveAppKey",
    "setting",
  ]);
  assert.deepEqual(Object.keys(setting), [
    "boolean",
    "choice",
    "connection",
    "duration",
    "integer",
    "list",
    "number",
    "port",
    "rate",
    "schema",
    "secret",
    "size",
    "text",
    "url",
  ]);
});
