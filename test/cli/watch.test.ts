import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isSource } from "#src/cli/watch";

describe("a change that starts the app again", () => {
  for (const file of [
    "app.ts",
    "files/routes.mts",
    "lib/old.cjs",
    "page.tsx.ts",
    "config/default.yaml",
    "config/production.yml",
    "config/test.toml",
    "package.json",
    ".env",
    ".env.development",
    "server/.env.production",
    "database/models.ts",
    "dist.ts",
    "data.json",
  ]) {
    test(`is one of ${file}`, () => assert.equal(isSource(file), true));
  }

  for (const file of [
    "node_modules/zod/index.js",
    "packages/a/node_modules/b/index.ts",
    "data/app.json",
    "server/data/cache.json",
    "dist/app.js",
    "coverage/report.json",
    ".git/config.json",
    ".cache/examples/a.ts",
    "data/app.db",
    "README.md",
    ".env.swp",
    ".env.example",
    ".environment/a.ts",
    "app.ts~",
    "notes.env",
    "",
  ]) {
    test(`is none of ${JSON.stringify(file)}`, () => assert.equal(isSource(file), false));
  }
});
