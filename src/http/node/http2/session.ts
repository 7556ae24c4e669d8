import type { ServerHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { Budget } from "./budget.ts";
import type { BodyStreamOfRequest } from "./stream-body.ts";
import type { StreamTransport } from "./stream-transport.ts";
import { Turns } from "./turns.ts";

/** RFC 9113, section 7. */
const NO_ERROR = 0;
const CANCEL = 8;
const ENHANCE_YOUR_CALM = 11;

/** Streams that end by a reset: a browser that leaves a page resets what it had open, and not again and again (CVE-2023-44487). */
const RESETS = { burst: 200, perSecond: 10 } as const;
/**
 * Bytes that carry neither a head nor a body: pings, settings, window updates, priorities, empty and unknown frames. The window updates
 * of a download are some thousandth of it; a sixteenth of what was sent is granted on top.
 */
const OVERHEAD = { burst: 524_288, perSecond: 65_536 } as const;
const OVERHEAD_PER_BYTE_OUT = 1 / 16;
/** What the frames of a head cost at most besides what is in it. */
const FRAME_BYTES = 64;
/**
 * A client that owes something, and moves less than this over a window, is too slow to mean it: as for HTTP/1 connections. A stream that
 * others keep waiting has longer: they share one line, and what one frame of each takes on it, each of them waits for.
 */
const STALL_WINDOW_MS = 9_000;
const SHARED_WINDOW_MS = 60_000;
const STALL_RATE = 240;
/** A connection without a stream is asked once whether somebody is there, and ended when no answer comes. */
const ASK_AFTER_MS = 4_000;
const REPLY_MS = 7_000;
/** A client that has not said what it can do by then is no HTTP/2 client. */
const PREFACE_MS = 10_000;
/** As for HTTP/1 connections. */
const IDLE_MS = 65_000;
/** A session that was closed has so long to be gone. */
const CLOSE_MS = 10_000;

/** How far a stream has come, in bytes of its bodies. */
type Traffic = Pick<StreamTransport, "bytesRead" | "bytesOut">;

const NO_TRAFFIC: Traffic = { bytesRead: 0, bytesOut: 0 };

/** One stream, and how far it had come at the start of its window. */
interface Progress {
  readonly transport: Traffic;
  since: number;
  moved: number;
  /** Bytes that had moved at the last look. */
  seen: number;
  /** Bytes of the body that had come at the last look, read by the handler or not. */
  received: number;
}

/** An HTTP/2 connection under watch: what its client may cost, and when it is over. */
export class Session {
  /** When its streams may begin. */
  readonly turns: Turns = new Turns();
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #streams = new Map<BodyStreamOfRequest, Progress>();
  readonly #resets: Budget;
  readonly #overhead: Budget;
  readonly #openedAt: number;
  #greeted = false;
  #closingSince: number | undefined;
  /** Bytes of heads and bodies since the last look. */
  #useful = 0;
  #bytesRead = 0;
  #bytesWritten = 0;
  #idleSince: number;
  /** When the client was asked whether it is there; null once it has replied. */
  #askedAt: number | null | undefined;
  /** What all streams have moved, and the start of the window in which it was less than a client must move. */
  #moved = 0;
  #slow: { since: number; moved: number };

  constructor(session: ServerHttp2Session, socket: Socket, now: number) {
    this.#session = session;
    this.#socket = socket;
    this.#openedAt = this.#idleSince = now;
    this.#slow = { since: now, moved: 0 };
    this.#resets = new Budget(RESETS.burst, RESETS.perSecond, now);
    this.#overhead = new Budget(OVERHEAD.burst, OVERHEAD.perSecond, now);
    session.once("remoteSettings", () => (this.#greeted = true));
  }

  /** A stream has begun with a head of so many bytes. */
  begin(bytes: number): void {
    this.#useful += bytes + FRAME_BYTES;
    this.#askedAt = undefined;
  }

  /** Watches a stream. @param transport what it moves; nothing for one that is refused */
  add(stream: BodyStreamOfRequest, now: number, transport: Traffic = NO_TRAFFIC): void {
    this.#streams.set(stream, { transport, since: now, moved: 0, seen: 0, received: 0 });
  }

  /** A stream is over. One that ended by a reset counts, whoever sent it: clients can make servers reset (CVE-2025-8671). */
  end(stream: BodyStreamOfRequest, now: number): void {
    const progress = this.#streams.get(stream);
    if (progress !== undefined) {
      this.#useful += newlyReceived(stream, progress);
      // What a reset throws away has not moved.
      if (stream.rstCode === NO_ERROR) this.#moved += newlyMoved(stream, progress);
    }
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#idleSince = now;
    if (stream.rstCode !== NO_ERROR && !this.#resets.spend(1, now)) this.cut(ENHANCE_YOUR_CALM);
  }

  /** Looks at what the client did since the last look. */
  check(now: number): void {
    if (this.#session.destroyed) return;
    if (!this.#spendOverhead(now)) return this.cut(ENHANCE_YOUR_CALM);
    if (this.#resetStalled(now)) {
      setImmediate(() => this.cut(NO_ERROR)); // behind the resets
      return;
    }
    const isIdle = this.#streams.size === 0;
    if (this.#closingSince !== undefined) {
      if (isIdle && now - this.#closingSince >= CLOSE_MS) this.cut(NO_ERROR);
    } else if (!this.#greeted && now - this.#openedAt >= PREFACE_MS) this.cut(NO_ERROR);
    else if (isIdle && now - this.#idleSince >= IDLE_MS) this.close(now);
    else if (isIdle && this.#greeted) this.#ask(now);
  }

  /**
   * Asks an idle client for a sign of life. Node does not tell of a head that has begun and does not end; but in the middle of one, a client can
   * say nothing else (RFC 9113, section 4.3).
   */
  #ask(now: number): void {
    const askedAt = this.#askedAt;
    if (askedAt === null) return;
    if (askedAt === undefined) {
      if (now - this.#idleSince < ASK_AFTER_MS) return;
      this.#askedAt = now;
      this.#session.ping((error) => {
        if (error === null && this.#askedAt === now) this.#askedAt = null;
      });
    } else if (now - askedAt >= REPLY_MS) this.cut(NO_ERROR);
  }

  /** Resets streams whose client owes something and does not move it. @returns whether that were all there are */
  #resetStalled(now: number): boolean {
    const window = this.#isMoving(now) ? SHARED_WINDOW_MS : STALL_WINDOW_MS;
    let stalled = 0;
    for (const [stream, progress] of this.#streams) {
      if (!hasStalled(stream, progress, now, window)) continue;
      stream.close(CANCEL);
      stalled += 1;
    }
    return stalled > 0 && stalled === this.#streams.size;
  }

  /** Whether its streams together have moved enough in the latest window. */
  #isMoving(now: number): boolean {
    for (const [stream, progress] of this.#streams) this.#moved += newlyMoved(stream, progress);
    if (this.#moved - this.#slow.moved >= leastOf(STALL_WINDOW_MS)) this.#slow = { since: now, moved: this.#moved };
    return now - this.#slow.since < STALL_WINDOW_MS;
  }

  #spendOverhead(now: number): boolean {
    for (const [stream, progress] of this.#streams) this.#useful += newlyReceived(stream, progress);
    const { bytesRead, bytesWritten } = this.#socket;
    const read = bytesRead - this.#bytesRead;
    const written = bytesWritten - this.#bytesWritten;
    const granted = this.#useful + written * OVERHEAD_PER_BYTE_OUT;
    this.#bytesRead = bytesRead;
    this.#bytesWritten = bytesWritten;
    this.#useful = 0;
    return this.#overhead.spend(Math.max(0, read - granted), now);
  }

  /**
   * Takes no more streams; those under way finish. GOAWAY names the last one that was taken, so the client knows what to send again
   * elsewhere. (The notice that could go before it, RFC 9113 section 6.8, makes Node's HTTP/2 drop the streams that it invites.)
   */
  close(now: number): void {
    if (this.#closingSince !== undefined || this.#session.destroyed) return;
    this.#closingSince = now;
    this.#session.close();
  }

  /** Ends the connection at once. */
  cut(code: number): void {
    if (code === NO_ERROR) this.#session.destroy();
    else this.#session.destroy(new Error(`the connection was given up (HTTP/2 error ${code})`), code);
  }
}

function newlyReceived(stream: BodyStreamOfRequest, progress: Progress): number {
  const before = progress.received;
  progress.received = Math.max(before, progress.transport.bytesRead + stream.readableLength);
  return progress.received - before;
}

function newlyMoved(stream: BodyStreamOfRequest, progress: Progress): number {
  const before = progress.seen;
  progress.seen = movedBy(stream, progress);
  return progress.seen - before;
}

function movedBy(stream: BodyStreamOfRequest, { transport }: Progress): number {
  return transport.bytesRead + transport.bytesOut - stream.writableLength;
}

/** Bytes that must move in so many milliseconds. */
function leastOf(window: number): number {
  return (STALL_RATE * window) / 1_000;
}

/** Whether the client owes something, and has not moved enough of it for a whole window. */
function hasStalled(stream: BodyStreamOfRequest, progress: Progress, now: number, window: number): boolean {
  const moved = movedBy(stream, progress);
  if (isDue(stream) && moved - progress.moved < leastOf(window)) return now - progress.since >= window;
  progress.since = now;
  progress.moved = moved;
  return false;
}

/** Whether the client owes us something: more of a body that is being read, or reading of what was written. */
function isDue(stream: BodyStreamOfRequest): boolean {
  if (stream.writableLength > 0) return true;
  if (stream.complete || stream.destroyed) return false;
  return stream.readableLength === 0 && (stream.listenerCount("readable") > 0 || stream.readableFlowing === true);
}
