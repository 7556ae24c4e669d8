import assert from "node:assert/strict";
import tty from "node:tty";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import type { Program } from "#src/app/program";
import { Signals } from "#src/app/signals";
import { createLogger, createMemorySink } from "#src/log/mod";

const SIGNALS = ["SIGTERM", "SIGINT"] as const;
const HEARD = [...SIGNALS, "SIGHUP"] as const;

const stopOnSignal = (program: Program): Promise<number> => new Signals().obey(program);

/** A program that stops when it is told to. */
function createProgram(hopeless: readonly string[] = []) {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const reasons: string[] = [];
  const sink = createMemorySink();
  const stop = (reason: string): Promise<boolean> => {
    reasons.push(reason);
    return promise;
  };
  const reload = (reason: string): Promise<void> => Promise.resolve(void reasons.push(`reload by ${reason}`));
  const program = { log: createLogger({ sink }), stop, reload, hopeless: () => hopeless } as unknown as Program;
  return { program, reasons, sink, finish: resolve };
}

describe("signals", () => {
  // The test runner listens too: a signal that is only played must not reach it.
  const runners = new Map<string, NodeJS.SignalsListener[]>();
  beforeEach(() => {
    for (const signal of HEARD) {
      runners.set(signal, process.listeners(signal) as NodeJS.SignalsListener[]);
      process.removeAllListeners(signal);
    }
  });
  afterEach(() => {
    for (const signal of HEARD) {
      process.removeAllListeners(signal);
      for (const listener of runners.get(signal) ?? []) process.on(signal, listener);
    }
    mock.restoreAll();
  });

  for (const signal of SIGNALS) {
    test(`${signal} stops the program, and the exit code says whether everything ended in time`, async () => {
      for (const [clean, code] of [
        [true, 0],
        [false, 1],
      ] as const) {
        const { program, reasons, finish } = createProgram();
        const ended = stopOnSignal(program);
        process.emit(signal);
        assert.deepEqual(reasons, [signal]);
        finish(clean);
        assert.equal(await ended, code);
        process.removeAllListeners(signal);
      }
    });
  }

  test("SIGHUP reloads, as often as it comes, until the program stops", () => {
    mock.method(tty, "isatty", () => false);
    const { program, reasons } = createProgram();
    void stopOnSignal(program);
    process.emit("SIGHUP");
    process.emit("SIGHUP");
    process.emit("SIGTERM");
    process.emit("SIGHUP");
    assert.deepEqual(reasons, ["reload by SIGHUP", "reload by SIGHUP", "SIGTERM"]);
  });

  test("SIGHUP from a terminal that is gone stops the program", async () => {
    const isatty = mock.method(tty, "isatty", () => true);
    const { program, reasons, finish } = createProgram();
    const ended = stopOnSignal(program);
    isatty.mock.mockImplementation(() => false); // as it answers for a terminal that has hung up
    process.emit("SIGHUP");
    finish(true);
    assert.equal(await ended, 0);
    assert.deepEqual(reasons, ["SIGHUP"]);
  });

  test("a second signal, also another one, ends the process at once, by that signal and without waiting for a thread", () => {
    const heard: number[] = [];
    const kill = mock.method(process, "kill", (_pid: number, signal: NodeJS.Signals) => {
      heard.push(process.listenerCount(signal));
      return true;
    });
    const exit = mock.method(process, "exit", () => undefined as never);
    const { program, sink } = createProgram();
    void stopOnSignal(program);
    process.emit("SIGTERM");
    assert.equal(kill.mock.callCount(), 0);
    process.emit("SIGINT");
    assert.deepEqual(
      kill.mock.calls.map((call) => call.arguments),
      [
        [process.pid, "SIGINT"],
        [process.pid, "SIGKILL"],
      ],
    );
    assert.deepEqual(heard, [0, 0], "nobody listens: the signal ends the process");
    assert.deepEqual(exit.mock.calls[0]?.arguments, [130], "where the kernel delivers neither");
    assert.match(sink.lines.join(""), /stopped at once by a second signal/);
  });

  test("where no signal ends the process and no exit would, it aborts", () => {
    const calls: string[] = [];
    mock.method(process, "kill", (_pid: number, signal: string) => Boolean(calls.push(signal)));
    mock.method(process, "abort", () => calls.push("abort") as never);
    mock.method(process, "exit", () => calls.push("exit") as never);
    const { program } = createProgram(["a thread of http-0 cannot be ended"]);
    void stopOnSignal(program);
    process.emit("SIGTERM");
    process.emit("SIGTERM");
    assert.deepEqual(calls.slice(0, 3), ["SIGTERM", "SIGKILL", "abort"]);
  });

  test("before there is a program, one that stops ends the process in order, and says so", () => {
    const exit = mock.method(process, "exit", () => {
      throw new Error("exited");
    });
    const said = mock.method(process.stderr, "write", () => true);
    void new Signals();
    assert.throws(() => process.emit("SIGTERM"), /exited/);
    assert.deepEqual(exit.mock.calls[0]?.arguments, [0]);
    assert.match(String(said.mock.calls[0]?.arguments[0]), /^stopped by SIGTERM before/);
  });

  test("SIGHUP before there is a program is remembered", () => {
    mock.method(tty, "isatty", () => false);
    const { program, reasons } = createProgram();
    const signals = new Signals();
    process.emit("SIGHUP");
    process.emit("SIGHUP");
    void signals.obey(program);
    assert.deepEqual(reasons, ["reload by SIGHUP"]);
  });

  test("a thread that cannot be ended does not keep the process: it kills itself", async () => {
    const kill = mock.method(process, "kill", () => true);
    mock.method(process, "abort", () => undefined as never);
    const { program, finish } = createProgram(["a thread of http-0 cannot be ended"]);
    const ended = stopOnSignal(program);
    process.emit("SIGTERM");
    assert.equal(kill.mock.callCount(), 0, "not before everything else is done");
    finish(true);
    await ended;
    assert.deepEqual(
      kill.mock.calls.map((call) => call.arguments),
      [[process.pid, "SIGKILL"]],
    );
  });

  test("without one it does not", async () => {
    const kill = mock.method(process, "kill", () => true);
    const { program, finish } = createProgram();
    const ended = stopOnSignal(program);
    process.emit("SIGINT");
    finish(true);
    await ended;
    assert.equal(kill.mock.callCount(), 0);
  });
});
