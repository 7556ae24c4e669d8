import assert from "node:assert/strict";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, renameSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, describe, test } from "node:test";
import { FdTarget } from "#src/log/fd-target";

function tempPath(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "log-test-"));
  context.after(() => rmSync(folder, { recursive: true }));
  return join(folder, "out.log");
}

describe("a target", () => {
  test("knows a file from what has a reader", (context) => {
    const file = new FdTarget(tempPath(context));
    const device = new FdTarget("/dev/null");
    assert.equal(file.isFile, true);
    assert.equal(device.isFile, false);
    file.close();
    device.close();
  });

  test("writes from an offset, at once and later", async (context) => {
    const path = tempPath(context);
    const target = new FdTarget(path);
    assert.equal(target.writeSync(Buffer.from("abc"), 1), 2);
    const written = await new Promise<number>((resolve) => {
      target.write(Buffer.from("def"), 2, (_error, count) => resolve(count));
    });
    assert.equal(written, 1);
    assert.equal(readFileSync(path, "utf8"), "bcf");
    assert.equal(target.size, 3);
    target.close();
  });

  test("opens its path again, and leaves a descriptor alone", (context) => {
    const path = tempPath(context);
    const target = new FdTarget(path);
    renameSync(path, `${path}.1`);
    target.reopen();
    target.writeSync(Buffer.from("new"), 0);
    target.close();
    assert.equal(readFileSync(path, "utf8"), "new");
    const fd = openSync(path, "a");
    const borrowed = new FdTarget(fd);
    borrowed.reopen();
    borrowed.writeSync(Buffer.from("er"), 0);
    borrowed.close();
    assert.equal(writeSync(fd, "!"), 1, "still open: it is its caller's");
    closeSync(fd);
    assert.equal(readFileSync(path, "utf8"), "newer!");
  });

  test("closes once", (context) => {
    const target = new FdTarget(tempPath(context));
    target.close();
    const other = openSync("/dev/zero", constants.O_RDONLY); // gets the number that was freed
    target.close();
    assert.equal(readSync(other, Buffer.alloc(1)), 1);
    closeSync(other);
  });
});
