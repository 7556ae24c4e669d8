import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, unlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type TestContext, describe, test } from "node:test";
import { isPlinthError } from "#src/core/mod";
import { type FdSinkOptions, createFdSink } from "#src/log/fd-sink";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

interface Setup {
  readonly sink: ReturnType<typeof createFdSink>;
  readonly clock: FakeClock;
  readonly folder: string;
  readonly path: string;
  readonly read: () => string;
}

function create(context: TestContext, options: Partial<FdSinkOptions> & { target?: string } = {}): Setup {
  const { target, ...sinkOptions } = options;
  const folder = mkdtempSync(join(tmpdir(), "log-test-"));
  const path = join(folder, "out.log");
  if (target !== undefined) symlinkSync(target, path);
  const clock = createFakeClock();
  const sink = createFdSink({ path, clock, ...sinkOptions });
  context.after(() => {
    sink.close();
    rmSync(folder, { recursive: true });
  });
  return { sink, clock, folder, path, read: () => readFileSync(path, "utf8") };
}

/** Lets the event loop turn until something is so. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, "waited in vain");
    await setImmediate();
  }
}

const numbered = (from: number, to: number, width = 0): string =>
  Array.from({ length: to - from }, (_, index) => `${String(from + index).padStart(width, "0")}\n`).join("");

describe("a file descriptor sink on a file", () => {
  test("gathers lines for a moment, then writes them together", async (context) => {
    const { sink, clock, read } = create(context);
    sink.write("one\n");
    sink.writeChunk(Buffer.from("zwei ä\nthree\n"));
    clock.advance(49);
    assert.equal(read(), "");
    clock.advance(1);
    await until(() => read() !== "");
    assert.equal(read(), "one\nzwei ä\nthree\n");
    assert.equal(clock.pending, 0);
  });

  test("writes at once when much is waiting, and everything in order", async (context) => {
    const { sink, clock, read } = create(context);
    for (let index = 0; index < 20_000; index++) sink.write(`${String(index).padStart(9, "0")}\n`);
    await until(() => read().length >= 131_072);
    clock.advance(50);
    await until(() => read().length === 200_000);
    assert.equal(read(), numbered(0, 20_000, 9));
    assert.equal(sink.dropped, 0);
  });

  test("gathers what comes during a write for as long, and does not write line by line", async (context) => {
    const { sink, clock, read } = create(context);
    sink.write("one\n");
    clock.advance(50);
    sink.write("two\n");
    await until(() => clock.pending === 1);
    assert.equal(read(), "one\n");
    clock.advance(49);
    sink.write("three\n");
    clock.advance(1);
    await until(() => read() !== "one\n");
    assert.equal(read(), "one\ntwo\nthree\n");
  });

  test("has everything in the file when flushSync returns, once, also what was under way", (context) => {
    const { sink, read } = create(context);
    for (let index = 0; index < 10_000; index++) sink.write(`${String(index).padStart(9, "0")}\n`);
    sink.flushSync();
    assert.equal(read(), numbered(0, 10_000, 9));
  });

  test("goes on after flushSync as before", async (context) => {
    const { sink, clock, read } = create(context);
    sink.write("x".repeat(70_000).concat("\n"));
    sink.flushSync();
    sink.write("a\n");
    sink.flushSync();
    sink.write("b\n");
    await setImmediate();
    clock.advance(50);
    await until(() => read().endsWith("b\n"));
    assert.equal(read().slice(70_000), "\na\nb\n");
  });

  test("appends to what is there, and lets only owner and group read what it creates", (context) => {
    const { path, sink } = create(context);
    sink.write("first\n");
    sink.flushSync();
    const second = createFdSink({ path });
    second.write("second\n");
    second.close();
    assert.equal(readFileSync(path, "utf8"), "first\nsecond\n");
    assert.equal(statSync(path).mode & 0o007, 0);
  });

  test("follows a rotation when it is told, losing nothing", async (context) => {
    const { sink, clock, path, read } = create(context);
    sink.write(`${"x".repeat(70_000)}\n`); // under way when the file moves
    renameSync(path, `${path}.1`);
    sink.write("between\n");
    sink.reopen();
    clock.advance(50);
    await until(() => existsSync(path) && read() !== "");
    assert.equal(readFileSync(`${path}.1`, "utf8").length, 70_001);
    assert.equal(read(), "between\n");
  });

  test("keeps the old file when the new one cannot be opened, and says so", async (context) => {
    const { sink, clock, path } = create(context);
    sink.write("before\n");
    sink.flushSync();
    renameSync(path, `${path}.1`);
    mkdirSync(path); // in the way
    sink.reopen();
    sink.write("after\n");
    const old = (): string => readFileSync(`${path}.1`, "utf8");
    await until(() => {
      clock.advance(50);
      return old().includes("after");
    });
    assert.match(old(), /^before\n\{"level":"error",.*"message":"log file cannot be reopened"\}\nafter\n$/);
  });

  test("drops lines beyond its high water, counts them, and reports them when there is room", async (context) => {
    const { sink, clock, read } = create(context, { highWater: "1kb" });
    for (let index = 0; index < 100; index++) sink.write(`${String(index).padStart(99, "0")}\n`);
    assert.equal(sink.dropped, 90);
    await until(() => {
      clock.advance(50);
      return read().includes("dropped");
    });
    const lines = read().trimEnd().split("\n");
    assert.equal(lines.length, 11);
    assert.equal((JSON.parse(lines[10] as string) as { dropped: number }).dropped, 90);
    sink.write("more\n");
    sink.flushSync();
    assert.ok(read().endsWith("more\n"), "and reports them once");
  });

  test("drops what is written after it was closed", (context) => {
    const { sink, read } = create(context);
    const listeners = process.listenerCount("exit");
    sink.write("kept\n");
    sink.close();
    assert.equal(process.listenerCount("exit"), listeners - 1);
    sink.write("lost\n");
    sink.writeChunk(Buffer.from("lost\nlost\n"));
    assert.equal(read(), "kept\n");
    assert.equal(sink.dropped, 3);
  });
});

describe("a file descriptor sink on a full disk", () => {
  test("keeps the lines, tries again every second, and goes on when there is room", (context) => {
    const { sink, clock, path, read } = create(context, { target: "/dev/full" });
    sink.write("one\n");
    clock.advance(50);
    sink.write("two\n");
    clock.advance(3_000);
    assert.equal(clock.pending, 1, "one retry is due, not more");
    assert.equal(sink.dropped, 0);
    unlinkSync(path);
    sink.reopen();
    sink.flushSync();
    assert.equal(read(), "one\ntwo\n");
  });

  test("drops and counts beyond its high water", (context) => {
    const { sink, clock, path, read } = create(context, { target: "/dev/full", highWater: "1kb" });
    for (let index = 0; index < 1_000; index++) {
      sink.write(`${String(index).padStart(99, "0")}\n`);
      clock.advance(20);
    }
    assert.equal(sink.dropped, 990);
    unlinkSync(path);
    sink.reopen();
    sink.flushSync();
    assert.equal(read().split("\n").length - 1, 11, "ten lines and the notice");
    assert.match(read(), /"dropped":990/);
  });

  test("does not make flushSync wait: waiting frees no disk", (context) => {
    const { sink } = create(context, { target: "/dev/full" });
    sink.write("x\n");
    const start = performance.now();
    sink.flushSync();
    assert.ok(performance.now() - start < 1_000);
  });
});

test("a target that cannot be opened is an error at boot", (context) => {
  const { folder } = create(context);
  for (const options of [{ path: folder }, { path: join(folder, "none", "x.log") }, { fd: 99_999 }]) {
    assert.throws(
      () => createFdSink(options),
      (error) => isPlinthError(error, "E_LOG_SINK_OPEN_FAILED") && error.cause instanceof Error,
    );
  }
});
