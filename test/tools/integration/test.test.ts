import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

const RUNNER = fileURLToPath(new URL("../../../tools/test.ts", import.meta.url));
const folders: string[] = [];

interface Run {
  readonly output: string;
  readonly last: string;
  readonly code: number | null;
}

/** Runs the runner in a tree made of these files. */
function runTree(
  files: Readonly<Record<string, string>>,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Run {
  const root = mkdtempSync(join(tmpdir(), "tools-runner-"));
  folders.push(root);
  writeFileSync(join(root, "package.json"), `{ "type": "module" }`);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `import { describe, test } from "node:test";\n${text}`);
  }
  const { REQUIRE_SERVICES: _, ...inherited } = process.env;
  const child = spawnSync(process.execPath, ["--conditions=plinth:source", RUNNER, ...args], {
    cwd: root,
    env: { ...inherited, ...env },
    encoding: "utf8",
  });
  const output = child.stdout + child.stderr;
  return { output, last: child.stdout.trimEnd().split("\n").at(-1) ?? "", code: child.status };
}

after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const PASS = `test("is fine", () => undefined);`;

describe("test runner", () => {
  test("counts tests and not suites, and says what is tested", () => {
    const run = runTree({
      "test/a/one.test.ts": `describe("suite", () => { ${PASS} test("parent", async (t) => { await t.test("child", () => undefined); }); });`,
      "test/a/integration/two.test.ts": PASS,
      "apps/x/test/three.test.ts": PASS,
    });
    assert.equal(run.last, "4 passed, 0 failed, 0 skipped");
    assert.equal(run.code, 0);
    assert.match(run.output, /^Testing src: 3 files/);
  });

  test("fails and shows where, which suite, and what", () => {
    const run = runTree({
      "test/a/one.test.ts": `describe("outer", () => { test("inner", () => { throw new Error("planned fault"); }); });`,
      "test/a/two.test.ts": PASS,
    });
    assert.equal(run.last, "1 passed, 1 failed, 0 skipped");
    assert.equal(run.code, 1);
    assert.match(run.output, /test\/a\/one\.test\.ts:2 outer › inner\n\s+Error: planned fault/);
  });

  test("shows what a failed batch printed and keeps a passing one quiet", () => {
    const noisy = `test("talks", () => { console.log("chatter"); });`;
    assert.doesNotMatch(runTree({ "test/a/one.test.ts": noisy }).output, /chatter/);
    const failing = runTree({ "test/a/one.test.ts": `${noisy} test("falls", () => { throw new Error("x"); });` });
    assert.match(failing.output, / {2}\| chatter/);
  });

  test("names what was skipped, and why", () => {
    const run = runTree({ "test/a/one.test.ts": `${PASS} test("with a server", { skip: "no server here" }, () => undefined);` });
    assert.match(run.output, /- skipped: test\/a\/one\.test\.ts:2 with a server: no server here\n/);
    assert.equal(run.last, "1 passed, 0 failed, 1 skipped");
    assert.equal(run.code, 0);
  });

  test("counts a skipped test as failed where services are required", () => {
    const files = { "test/a/one.test.ts": `${PASS} describe.skip("servers", () => undefined);` };
    const run = runTree(files, [], { REQUIRE_SERVICES: "1" });
    assert.equal(run.last, "1 passed, 1 failed, 0 skipped");
    assert.equal(run.code, 1);
  });

  test("fails when no test ran at all", () => {
    assert.equal(runTree({ "test/a/one.test.ts": PASS }, ["no-such-part"]).code, 1);
    const empty = runTree({});
    assert.equal(empty.code, 1);
    assert.equal(empty.last, "0 passed, 0 failed, 0 skipped");
  });

  test("fails a file that holds no test", () => {
    const run = runTree({ "test/a/one.test.ts": PASS, "test/a/two.test.ts": "" });
    assert.equal(run.last, "1 passed, 1 failed, 0 skipped");
    assert.match(run.output, /two\.test\.ts.*\n.*holds no test/);
  });

  test("runs only files whose path contains a filter", () => {
    const run = runTree({ "test/a/one.test.ts": PASS, "test/b/two.test.ts": PASS, "test/b/integration/three.test.ts": PASS }, [
      "test/b",
    ]);
    assert.equal(run.last, "2 passed, 0 failed, 0 skipped");
  });

  test("leaves integration tests out when asked for unit tests", () => {
    const run = runTree({ "test/a/one.test.ts": PASS, "test/a/integration/two.test.ts": PASS }, ["--unit"]);
    assert.equal(run.last, "1 passed, 0 failed, 0 skipped");
  });

  test("fails a file that does not load, and still runs the others", () => {
    const run = runTree({ "test/a/one.test.ts": `throw new Error("cannot load");`, "test/a/two.test.ts": PASS });
    assert.equal(run.last, "1 passed, 1 failed, 0 skipped");
    assert.match(run.output, /cannot load/);
  });

  test("fails a process that ends before its tests do", () => {
    const run = runTree({
      "test/a/integration/one.test.ts": `test("leaves", () => { process.exit(0); });`,
      "test/a/integration/two.test.ts": PASS,
    });
    assert.equal(run.last, "1 passed, 1 failed, 0 skipped");
    assert.match(run.output, /one\.test\.ts leaves\n\s+The process ended early \(exit code 0\)/);
  });

  test("fails an error that comes after its test has ended", () => {
    const run = runTree({
      "test/a/one.test.ts": `test("early", () => { setImmediate(() => { throw new Error("late fault"); }); });
        test("later", (t, done) => { setImmediate(() => setImmediate(done)); });`,
    });
    assert.equal(run.code, 1);
    assert.match(run.output, /late fault/);
  });

  test("fails a suite whose preparation fails", () => {
    const run = runTree({
      "test/a/one.test.ts": `import { before } from "node:test";
        describe("prepared", () => { before(() => { throw new Error("not ready"); }); ${PASS} });`,
    });
    assert.equal(run.code, 1);
    assert.match(run.output, /not ready/);
  });

  test("fails a file that leaves something open, and says what", () => {
    const run = runTree({
      "test/a/integration/one.test.ts": `import { createServer } from "node:net";
        test("forgets", (t, done) => { createServer().listen(0, "127.0.0.1", done); });`,
    });
    assert.equal(run.last, "1 passed, 1 failed, 0 skipped");
    assert.match(run.output, /Still open after the last test:.*TCPServerWrap/);
  });
});
