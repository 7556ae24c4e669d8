import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { configJsonSchema } from "#src/config/config-json-schema";
import { defineConfig } from "#src/config/define-config";
import * as setting from "#src/config/setting";

const schema = defineConfig({
  mail: { host: setting.text({ doc: "Server." }), retries: setting.integer({ min: 0, default: 3 }) },
  token: setting.secret({ optional: true }),
});

describe("configJsonSchema", () => {
  const root = JSON.parse(configJsonSchema(schema)) as { properties: Record<string, unknown> };

  test("nests as files nest and closes every group", () => {
    assert.deepEqual(root.properties["mail"], {
      type: "object",
      properties: {
        host: { type: "string", minLength: 1, description: "Server." },
        retries: { type: "integer", minimum: 0, default: 3 },
      },
      additionalProperties: false,
    });
  });

  test("requires nothing, because a file is one source of several", () =>
    assert.doesNotMatch(configJsonSchema(schema), /"required"/));

  test("has every key of Plinth's own, and names its dialect", () => {
    assert.deepEqual(Object.keys(root.properties), Object.keys(schema.tree));
    assert.equal((root as { $schema?: string }).$schema, "https://json-schema.org/draft/2020-12/schema");
  });

  test("is the same on every machine: a computed default is left out", () => {
    assert.equal("default" in (root.properties["httpThreads"] as object), false);
    assert.equal("default" in (root.properties["shutdownDelay"] as object), false);
  });

  test("marks secrets", () => assert.deepEqual(root.properties["token"], { type: "string", minLength: 1, writeOnly: true }));
});
