import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { promisify } from "node:util";
import { makeFolder } from "../support/folder.ts";

const run = promisify(execFile);
const PROGRAM = `
  const { resolveAppKey } = await import(process.argv[1]);
  const [key] = await resolveAppKey({ keys: undefined, environment: "development", dataFolder: process.argv[2] });
  process.stdout.write(key.reveal());
`;

test("processes that start at once get the same generated root secret", async (t) => {
  const dataFolder = makeFolder(t);
  const room = import.meta.resolve("#src/config/app-key");
  const args = [
    ...process.execArgv.filter((arg) => arg.startsWith("--conditions")),
    "--input-type=module",
    "-e",
    PROGRAM,
    room,
    dataFolder,
  ];
  const outputs = await Promise.all(Array.from({ length: 4 }, () => run(process.execPath, args)));
  const keys = new Set(outputs.map(({ stdout }) => stdout));
  assert.equal(keys.size, 1);
  assert.ok(Buffer.byteLength([...keys].join()) >= 32);
  assert.deepEqual(readdirSync(dataFolder), ["app.key"]);
});
