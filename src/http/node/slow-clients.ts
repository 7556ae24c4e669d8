import type { Socket } from "node:net";
import type { Clock } from "../../core/mod.ts";

/** How far a connection had come at the start of its window. */
interface Progress {
  /** In monotonic milliseconds. */
  since: number;
  received: number;
  /** Bytes handed over whole. */
  sent: number;
  /** Bytes of the write under way that the client has not taken yet. */
  queued: number;
}

export interface SlowClientOptions {
  readonly clock: Clock;
  /** Fewer bytes a second than this, over a whole window, end the connection. */
  readonly minimumRate: number;
  /** Length of the window in milliseconds. */
  readonly window: number;
  /** Whether the client owes more of a body that is wanted. That it reads its answers, it owes whenever some wait. */
  readonly owesBody: (socket: Socket) => boolean;
  /** Whether the connection has been idle for too long, whatever came on it. */
  readonly isForgotten: (socket: Socket) => boolean;
}

/** How often connections are looked at. */
const INTERVAL_MS = 1_000;

/** Ends connections whose client sends or reads too slowly to mean it (slowloris), or only seems to be there. Slow handlers are not its business. */
export class SlowClientGuard {
  readonly #options: SlowClientOptions;
  readonly #connections = new Map<Socket, Progress>();
  #running = false;

  constructor(options: SlowClientOptions) {
    this.#options = options;
  }

  watch(socket: Socket): void {
    this.#connections.set(socket, { since: this.#options.clock.monotonic(), received: 0, sent: 0, queued: 0 });
    socket.once("close", () => this.#connections.delete(socket));
    if (!this.#running) this.#schedule();
  }

  #schedule(): void {
    this.#running = true;
    this.#options.clock.schedule(INTERVAL_MS, () => {
      this.check();
      this.#running = false;
      if (this.#connections.size > 0) this.#schedule();
    });
  }

  /** Looks at every connection once. */
  check(): void {
    const { clock, minimumRate, window, owesBody, isForgotten } = this.#options;
    const now = clock.monotonic();
    const least = (minimumRate * window) / 1_000;
    for (const [socket, progress] of this.#connections) {
      const received = socket.bytesRead;
      const sent = socket.bytesWritten - socket.writableLength;
      const queued = queuedBytes(socket);
      // A write has begun since: what the client takes of it counts from here.
      if (queued > progress.queued) progress.queued = queued;
      const reading = socket.writableLength > 0;
      const sending = owesBody(socket);
      // Only what is owed counts: further requests are no reason to wait for one who does not read the answers.
      const taken = reading ? sent - progress.sent + progress.queued - queued : 0;
      const given = sending ? received - progress.received : 0;
      if ((!reading && !sending) || taken + given >= least) {
        progress.since = now;
        progress.received = received;
        progress.sent = sent;
        progress.queued = queued;
      } else if (now - progress.since >= window) socket.destroy();
      if (isForgotten(socket)) socket.destroy();
    }
  }
}

/**
 * What the kernel has not accepted of the write under way. One large write advances long before it completes; Node counts it only
 * then, so the handle is asked. Where it does not tell, such a write counts when it is done.
 */
function queuedBytes(socket: Socket): number {
  return (socket as Socket & { _handle?: { writeQueueSize?: number } | null })._handle?.writeQueueSize ?? 0;
}
