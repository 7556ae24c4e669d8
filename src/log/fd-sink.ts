import { type Clock, type Duration, type Size, type Timer, parseDuration, parseSize, systemClock, toError } from "../core/mod.ts";
import type { LogSink } from "./contract.ts";
import { formatDropNotice } from "./drop-notice.ts";
import { FdTarget } from "./fd-target.ts";
import { LineQueue } from "./line-queue.ts";

export interface FdSinkOptions {
  /** An open file descriptor. Default 1, the standard output. */
  readonly fd?: number;
  /** A file to append to, instead; created if need be, with mode 0640. */
  readonly path?: string;
  /** How much may wait to be written; lines beyond are dropped. Default `"8mb"`. */
  readonly highWater?: Size;
  /** How long lines gather before they are written together. Default `"50ms"`. */
  readonly flushInterval?: Duration;
  readonly clock?: Clock;
}

export interface FdSink extends LogSink {
  writeChunk(lines: Uint8Array): void;
  /** Opens the path again, after a log rotation has moved the file. Nothing happens when the sink writes to a descriptor. */
  reopen(): void;
  /** Flushes as `flushSync` does, and ends; what is written afterwards is dropped. */
  close(): void;
}

/**
 * Writes lines to a descriptor or file, as the only writer. Never blocks the event loop, and no error of the target disturbs the program:
 * without room (EAGAIN) it tries again soon, with a full disk every second, and when the reader is gone (EPIPE) lines are dropped. Dropped
 * lines are counted and reported by a line once there is room. What waits is flushed when the process exits.
 *
 * @throws E_LOG_SINK_OPEN_FAILED, E_CORE_SIZE_INVALID, E_CORE_DURATION_INVALID
 * @example
 * const sink = createFdSink({ path: "/var/log/shop.log" });
 * process.on("SIGHUP", () => sink.reopen());
 */
export function createFdSink(options: FdSinkOptions = {}): FdSink {
  return new QueuedFdSink(options);
}

/** As much as is handed to the system at once, and gathers at most before it is. */
const BATCH_BYTES = 65_536;
const FLUSH_TIMEOUT = 2_000;
const FIRST_RETRY = 1;
const LAST_RETRY = 64;
const DISK_RETRY = 1_000;
/** Errors after which this descriptor takes nothing any more. */
const GONE: ReadonlySet<string | undefined> = new Set(["EPIPE", "EBADF", "ECONNRESET", "ENOTCONN"]);

class QueuedFdSink implements FdSink {
  readonly #target: FdTarget;
  readonly #clock: Clock;
  readonly #interval: number;
  readonly #queue: LineQueue;
  readonly #onExit = (): void => this.flushSync();
  /** The asynchronous write under way, to a file. */
  #inFlight: { readonly sizeAfter: number } | undefined;
  #timer: Timer | undefined;
  #retry = FIRST_RETRY;
  #failed = false;
  #gone = false;
  #reopenDue = false;
  #reported = 0;

  constructor(options: FdSinkOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#interval = parseDuration(options.flushInterval ?? "50ms");
    this.#queue = new LineQueue({ highWater: parseSize(options.highWater ?? "8mb"), batch: BATCH_BYTES });
    this.#target = new FdTarget(options.path ?? options.fd ?? 1);
    process.once("exit", this.#onExit);
  }

  get dropped(): number {
    return this.#queue.dropped;
  }

  write(line: string): void {
    if (this.#gone) this.#queue.drop(1);
    else if (this.#queue.add(line)) this.#wake();
  }

  writeChunk(lines: Uint8Array): void {
    this.#queue.addChunk(lines);
    if (this.#gone) this.#queue.discard();
    else this.#wake();
  }

  #wake(): void {
    if (this.#inFlight !== undefined) return;
    if (this.#queue.bytes >= BATCH_BYTES && !this.#failed) this.#pump();
    else this.#timer ??= this.#clock.schedule(this.#interval, () => this.#pump());
  }

  #pump(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#inFlight === undefined) {
      this.#reopenIfDue();
      const batch = this.#queue.current();
      if (batch === undefined) return;
      if (this.#target.isFile) {
        this.#writeFile(batch);
        return;
      }
      if (!this.#attempt(batch)) return;
    }
  }

  #writeFile(batch: Buffer): void {
    const inFlight = { sizeAfter: this.#target.size + batch.length };
    this.#inFlight = inFlight;
    this.#target.write(batch, 0, (error, written) => {
      if (this.#inFlight !== inFlight) return; // flushSync saw it arrive
      this.#inFlight = undefined;
      if (error === null) this.#succeed(written);
      else this.#fail(error);
      if (this.#reopenDue) this.#pump();
      // perf: what came meanwhile is gathered too. Each write costs some 80 µs, whatever its size (November 2026).
      else if (this.#queue.bytes > 0) this.#wake();
    });
  }

  /** Writes without waiting; false when there is no point in going on now. */
  #attempt(batch: Buffer): boolean {
    try {
      this.#succeed(this.#target.writeSync(batch, 0));
      return true;
    } catch (thrown) {
      this.#fail(thrown as NodeJS.ErrnoException);
      return false;
    }
  }

  #succeed(written: number): void {
    this.#queue.advance(written);
    this.#failed = false;
    this.#retry = FIRST_RETRY;
    const unreported = this.#queue.dropped - this.#reported;
    if (unreported === 0 || !this.#queue.isHalfEmpty) return;
    this.#reported += unreported;
    this.#queue.add(formatDropNotice(this.#clock, unreported));
  }

  #fail(error: NodeJS.ErrnoException): void {
    if (GONE.has(error.code)) {
      this.#gone = true;
      this.#queue.discard();
      return;
    }
    this.#failed = true;
    const full = error.code === "EAGAIN" || error.code === "EINTR";
    this.#timer ??= this.#clock.schedule(full ? this.#retry : DISK_RETRY, () => this.#pump());
    if (full) this.#retry = Math.min(this.#retry * 2, LAST_RETRY);
  }

  reopen(): void {
    this.#reopenDue = true;
    this.#pump();
  }

  /** A line that the old file got in part only is written to the new one again, whole. */
  #reopenIfDue(): void {
    if (!this.#reopenDue) return;
    this.#reopenDue = false;
    try {
      this.#target.reopen();
    } catch (thrown) {
      const { message } = toError(thrown);
      const time = new Date(this.#clock.now()).toISOString();
      const entry = {
        level: "error",
        "@timestamp": time,
        error: { type: "Error", message },
        message: "log file cannot be reopened",
      };
      this.#queue.add(`${JSON.stringify(entry)}\n`);
      return;
    }
    this.#gone = false;
    this.#failed = false;
    this.#queue.rewindLine();
  }

  flushSync(): void {
    // Not by the clock: nothing moves it while this blocks.
    const deadline = performance.now() + FLUSH_TIMEOUT;
    if (!this.#settleInFlight(deadline)) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    for (let batch = this.#queue.current(); batch !== undefined; batch = this.#queue.current()) {
      if (this.#attempt(batch)) continue;
      // Another failure than "no room now" will not pass by waiting.
      if (this.#gone || this.#retry === FIRST_RETRY || performance.now() >= deadline) return;
      sleep(2);
    }
  }

  /** Waits for the bytes under way to show in the file: their callback cannot come while this blocks. */
  #settleInFlight(deadline: number): boolean {
    const inFlight = this.#inFlight;
    if (inFlight === undefined) return true;
    while (this.#target.size < inFlight.sizeAfter) {
      if (performance.now() >= deadline) return false;
      sleep(1);
    }
    this.#inFlight = undefined;
    this.#queue.advance(this.#queue.current()?.length ?? 0);
    return true;
  }

  close(): void {
    process.off("exit", this.#onExit);
    this.flushSync();
    this.#timer?.cancel();
    this.#gone = true;
    this.#queue.discard();
    this.#target.close();
  }
}

function sleep(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
