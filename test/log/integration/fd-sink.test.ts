import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, describe, test } from "node:test";
import { isPlinthError } from "#src/core/mod";
import { type FdSinkOptions, createFdSink } from "#src/log/fd-sink";
import { type FakeClock, createFakeClock } from "#src/testing/fake-clock";

function makeFifo(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "log-test-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "fifo");
  execFileSync("mkfifo", [path]);
  return path;
}

interface Setup {
  readonly sink: ReturnType<typeof createFdSink>;
  readonly clock: FakeClock;
  readonly path: string;
  /** All that is in the pipe. */
  readonly read: () => string;
  readonly hangUp: () => void;
}

function create(context: TestContext, options: Partial<FdSinkOptions> = {}): Setup {
  const path = makeFifo(context);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let isOpen = true;
  const hangUp = (): void => {
    if (isOpen) closeSync(reader);
    isOpen = false;
  };
  context.after(hangUp);
  const clock = createFakeClock();
  const sink = createFdSink({ path, clock, ...options });
  const read = (): string => {
    const chunk = Buffer.alloc(1_048_576);
    const parts: Buffer[] = [];
    try {
      for (let count = readSync(reader, chunk); count > 0; count = readSync(reader, chunk)) {
        parts.push(Buffer.from(chunk.subarray(0, count)));
      }
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
    }
    return Buffer.concat(parts).toString();
  };
  return { sink, clock, path, read, hangUp };
}

describe("a file descriptor sink on a pipe", () => {
  test("goes on where a full pipe stopped it, once there is room", (context) => {
    const { sink, clock, read, hangUp } = create(context);
    for (let index = 0; index < 30_000; index++) sink.write(`${String(index).padStart(9, "0")}\n`);
    clock.advance(200);
    assert.equal(clock.pending, 1, "one retry is due");
    let output = "";
    for (let round = 0; round < 20; round++) {
      output += read();
      clock.advance(64);
    }
    assert.equal(output, Array.from({ length: 30_000 }, (_, index) => `${String(index).padStart(9, "0")}\n`).join(""));
    assert.equal(sink.dropped, 0);
    assert.equal(clock.pending, 0);
    hangUp();
    sink.close();
  });

  test("is impatient again after each success", (context) => {
    const { sink, clock, read, hangUp } = create(context);
    for (let index = 0; index < 30_000; index++) sink.write(`${String(index).padStart(9, "0")}\n`);
    clock.advance(500);
    assert.notEqual(read(), "");
    let waited = 0;
    for (let output = ""; output === "" && waited < 100; output = read(), waited++) clock.advance(1);
    assert.ok(waited <= 64);
    clock.advance(1);
    assert.notEqual(read(), "", "one millisecond after the first refusal, not 64");
    hangUp();
    sink.close();
  });

  test("writes a line whole to the new file that the old one took in part", (context) => {
    const { sink, clock, path, read } = create(context);
    const line = (index: number): string => `${String(index).padStart(699, "0")}\n`; // no divisor of a pipe's size
    for (let index = 0; index < 200; index++) sink.write(line(index));
    clock.advance(10);
    rmSync(path);
    sink.reopen();
    sink.flushSync();
    const taken = read();
    assert.notEqual(taken.at(-1), "\n", "the pipe's last line is torn");
    const whole = taken.split("\n").length - 1;
    assert.equal(readFileSync(path, "utf8"), Array.from({ length: 200 - whole }, (_, index) => line(whole + index)).join(""));
    sink.close();
  });

  test("drops whole lines when pipe and queue are full; written and dropped add up", (context) => {
    const { sink, clock, read, hangUp } = create(context, { highWater: "64kb" });
    const sent = 20_000;
    for (let index = 0; index < sent; index++) {
      sink.write(`${JSON.stringify({ index, pad: "é".repeat(index % 40) })}\n`);
      if (index % 100 === 0) clock.advance(10);
    }
    assert.ok(sink.dropped > 0);
    let output = "";
    for (let round = 0; round < 20; round++) {
      output += read();
      clock.advance(64);
    }
    const entries = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { index?: number; dropped?: number });
    const reported = entries.reduce((sum, entry) => sum + (entry.dropped ?? 0), 0);
    assert.equal(entries.filter((entry) => entry.index !== undefined).length + sink.dropped, sent);
    assert.equal(reported, sink.dropped);
    hangUp();
    sink.close();
  });

  test("drops lines when the reader is gone, and lives; a new reader is found by reopening", (context) => {
    const { sink, clock, path, hangUp } = create(context);
    hangUp();
    sink.write("a\n");
    clock.advance(10);
    sink.write("b\n");
    sink.writeChunk(Buffer.from("c\nd\n"));
    sink.flushSync();
    assert.equal(sink.dropped, 4);
    assert.equal(clock.pending, 0);
    const again = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    sink.reopen();
    sink.write("e\n");
    sink.flushSync();
    const chunk = Buffer.alloc(1_000);
    assert.match(chunk.subarray(0, readSync(again, chunk)).toString(), /^e\n\{.*"dropped":4,/);
    closeSync(again);
    sink.close();
  });

  test("waits for a pipe that stands still no longer than two seconds when it is flushed", (context) => {
    const { sink, hangUp } = create(context);
    for (let index = 0; index < 20_000; index++) sink.write(`${String(index).padStart(9, "0")}\n`);
    const start = performance.now();
    sink.flushSync();
    const took = performance.now() - start;
    assert.ok(took >= 1_900 && took < 3_500, `${took} ms`);
    hangUp();
    sink.close();
  });

  test("refuses a FIFO that nobody reads instead of waiting for a reader", (context) => {
    assert.throws(
      () => createFdSink({ path: makeFifo(context) }),
      (error) => isPlinthError(error, "E_LOG_SINK_OPEN_FAILED"),
    );
  });
});

/** A program that writes to its standard output and ends. */
const PROGRAM = `
  import { createFdSink, createLogger } from "#src/log/mod";
  const log = createLogger({ sink: createFdSink() });
  for (let index = 0; index < 5_000; index++) log.info({ index }, "x".repeat(80));
  END
`;

function run(end: string, shell?: string): ReturnType<typeof spawn> {
  const flags = process.execArgv.filter((argument) => !argument.startsWith("--test"));
  const node = [process.execPath, ...flags, "--input-type=module", "-e", PROGRAM.replace("END", end)];
  const command = shell === undefined ? node : ["/bin/sh", "-c", shell, ...node];
  return spawn(command[0] as string, command.slice(1), { stdio: ["ignore", "pipe", "inherit"] });
}

describe("a program that ends", () => {
  for (const [way, end] of [
    ["by itself", ""],
    ["by process.exit", "process.exit(0);"],
    ["after a fatal line", "log.fatal('over'); process.kill(process.pid, 'SIGKILL');"],
  ] as const) {
    test(`${way} has written all its lines`, async () => {
      for (const shell of [undefined, '"$0" "$@" | cat']) {
        const child = run(end, shell);
        const lines = (await text(child.stdout as NodeJS.ReadableStream)).trimEnd().split("\n");
        assert.equal(lines.filter((line) => (JSON.parse(line) as { index?: number }).index !== undefined).length, 5_000);
        if (end.includes("fatal")) assert.match(lines.at(-1) as string, /"level":"fatal"/);
      }
    });
  }

  test("leaves its standard output as other processes expect it", { skip: process.platform !== "linux" }, async () => {
    const child = run('log.info((await import("node:fs")).readFileSync("/proc/self/fdinfo/1", "utf8"));', '"$0" "$@" | cat');
    const last = (await text(child.stdout as NodeJS.ReadableStream)).trimEnd().split("\n").at(-1) as string;
    const flags = /flags:\s+0?(\d+)/.exec((JSON.parse(last) as { message: string }).message)?.[1] as string;
    assert.equal(Number.parseInt(flags, 8) & constants.O_NONBLOCK, 0);
  });

  test("ends although nobody reads", async () => {
    const child = run("process.exit(3);");
    const start = performance.now();
    const [code] = (await once(child, "exit")) as [number];
    assert.equal(code, 3);
    assert.ok(performance.now() - start < 8_000);
    child.stdout?.destroy();
  });
});
