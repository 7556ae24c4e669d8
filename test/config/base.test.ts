import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { loadConfig } from "#src/config/load-config";
import { defineConfig } from "#src/config/define-config";
import { isSecret } from "#src/core/mod";
import { faultLines, failureOf } from "./support/failure.ts";
import { makeFolder } from "./support/folder.ts";

const schema = defineConfig({});
const KEY = "0123456789abcdef0123456789abcdef";

function reveal(value: unknown): unknown {
  if (isSecret(value)) return value.reveal();
  return Array.isArray(value) ? value.map(reveal) : value;
}

describe("Plinth's own settings", () => {
  test("have the documented variables and defaults", async (t) => {
    const { values } = await loadConfig({ schema, env: {}, folder: makeFolder(t) });
    const table = Object.fromEntries(
      schema.keys.map(({ name, variable }) => [variable, reveal(values[name as keyof typeof values])]),
    );
    assert.deepEqual(table, {
      APP_ENV: "development",
      APP_KEY: undefined,
      HOST: "0.0.0.0",
      MAINTENANCE: false,
      PORT: 3000,
      SOCKET_MODE: "660",
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: 3001,
      HTTP_THREADS: availableParallelism(),
      JOB_THREADS: 1,
      ROLE: "all",
      DATABASE_URL: "sqlite:./data/app.db",
      DATABASE_REPLICA_URLS: [],
      REDIS_URL: undefined,
      STORAGE_URL: "file:./data/files",
      TRUSTED_PROXIES: [],
      PROXY_HEADERS: "x-forwarded",
      ALLOWED_HOSTS: [],
      ADMIN_ALLOWED_HOSTS: [],
      LOG_LEVEL: "info",
      LOAD_SHEDDING: true,
      LOAD_SHEDDING_TARGET: "50ms",
      LOG_FORMAT: undefined,
      LOG_FILE: undefined,
      DOCTOR_IGNORE: [],
      CONFIG_WATCH: true,
      TLS_CERT_FILE: undefined,
      TLS_KEY_FILE: undefined,
      SERVER_TIMING: "always",
      SERVER_TIMING_SECRET: undefined,
      SHUTDOWN_DELAY: "0s",
      SHUTDOWN_TIMEOUT: "30s",
      DATA_FOLDER: "./data",
      API_DOCS: true,
    });
  });

  for (const [environment, delay] of [
    ["development", "0s"],
    ["test", "0s"],
    ["production", "5s"],
  ] as const) {
    test(`shut down after ${delay} in ${environment}`, async (t) => {
      const { values } = await loadConfig({ schema, env: { APP_KEY: KEY }, environment, folder: makeFolder(t) });
      assert.equal(values.shutdownDelay, delay);
    });
  }

  test("demand a root secret in production only", async (t) => {
    const folder = makeFolder(t);
    const error = await failureOf(loadConfig({ schema, env: {}, environment: "production", folder }), "E_CONFIG_INVALID");
    assert.deepEqual(faultLines(error.faults), [
      "/appKey | expected a list of at least 1, each item a secret text of at least 32 bytes; set APP_KEY | not set",
    ]);
    assert.equal((await loadConfig({ schema, env: {}, environment: "test", folder })).values.appKey, undefined);
  });

  test("take several root secrets, each long enough", async (t) => {
    const folder = makeFolder(t);
    const { values } = await loadConfig({ schema, env: { APP_KEY: `${KEY},${KEY}2` }, folder });
    assert.deepEqual(reveal(values.appKey), [KEY, `${KEY}2`]);
    for (const APP_KEY of [`${KEY},short`, "", `${KEY},`]) {
      await failureOf(loadConfig({ schema, env: { APP_KEY }, folder }), "E_CONFIG_INVALID");
    }
  });

  for (const [variable, accepted, refused] of [
    ["HTTP_THREADS", "0", "-1"],
    ["JOB_THREADS", "8", "1.5"],
    ["ROLE", "jobs", "web"],
    ["DATABASE_URL", "mysql://db/app", "redis://db"],
    ["REDIS_URL", "rediss://:password@cache:6379/0", "http://cache"],
    ["STORAGE_URL", "s3://bucket?region=eu", "/var/files"],
    ["LOG_LEVEL", "silent", "verbose"],
    ["LOG_FORMAT", "pretty", "text"],
    ["SHUTDOWN_TIMEOUT", "1m", "60"],
    ["PORT", "0", "65536"],
  ] as const) {
    test(`take ${variable}=${accepted} and refuse ${refused}`, async (t) => {
      const folder = makeFolder(t);
      const loaded = await loadConfig({ schema, env: { [variable]: accepted }, folder });
      const key = schema.keys.find((candidate) => candidate.variable === variable);
      assert.equal(loaded.provenance[key?.name ?? ""], `environment ${variable}`);
      const error = await failureOf(loadConfig({ schema, env: { [variable]: refused }, folder }), "E_CONFIG_INVALID");
      assert.deepEqual(
        error.faults?.map((fault) => fault.in),
        [`environment ${variable}`],
      );
    });
  }
});
