import { type Clock, isPlinthError, parseDuration } from "../../core/mod.ts";
import type { DeadlineQueue, Expiring } from "../pipeline/deadline.ts";
import type { LiveExchange } from "../pipeline/exchange.ts";
import { type OpenSource, openSource } from "../pipeline/stream-source.ts";
import type { EventsDeclaration } from "./events-declaration.ts";
import type { Live, LiveSet } from "./live-set.ts";
import { EncodedEvent, type ServerEvent, compileEvents } from "./server-event.ts";

type Chunk = IteratorResult<Uint8Array | string, unknown>;
/** A source whose values are still to be encoded. */
type OpenEvents = { next(): Promise<IteratorResult<ServerEvent | EncodedEvent, unknown>>; close(): void };

const DEFAULT_HEARTBEAT = "15s";
const DEFAULT_RETRY = "3s";
const HEARTBEAT = ":\n\n";
const END: Chunk = { done: true, value: undefined };

/**
 * Begins an event stream.
 *
 * @throws E_HTTP_LIVE_LIMIT, E_HTTP_SHUTTING_DOWN
 */
export function openEventStream(exchange: LiveExchange, { source, settings }: EventsDeclaration): OpenSource {
  const { live, clock } = exchange.services;
  const events = openSource(source as never) as unknown as OpenEvents;
  try {
    const retry = parseDuration(settings.retry ?? DEFAULT_RETRY);
    const stream = new EventStream({
      exchange,
      events,
      live,
      clock,
      encode: compileEvents(settings.schema),
      heartbeats: live.interval(settings.heartbeat ?? DEFAULT_HEARTBEAT),
      retryLine: `retry: ${Math.round(retry * (1 + Math.random() / 2))}\n\n`,
    });
    return { next: () => stream.pull(), close: () => stream.close() };
  } catch (thrown) {
    events.close();
    throw thrown;
  }
}

interface EventStreamParts {
  readonly exchange: LiveExchange;
  readonly events: OpenEvents;
  readonly live: LiveSet;
  readonly clock: Clock;
  readonly encode: (event: ServerEvent) => string | Promise<string>;
  readonly heartbeats: DeadlineQueue | null;
  readonly retryLine: string;
}

/** Events as bytes, pulled as fast as the client takes them, with comments while nothing comes. */
class EventStream implements Expiring, Live {
  readonly #parts: EventStreamParts;
  /** Whoever waits for the next chunk. */
  #waiting: PromiseWithResolvers<Chunk> | null = null;
  /** What came of the source while nobody waited. */
  #arrived: Chunk | null = null;
  #failure: { readonly thrown: unknown } | null = null;
  #reading = false;
  /** The next chunk is the line that says when to connect again: the first of all, and the last when the server stops. */
  #retryDue = true;
  #draining = false;
  #ended = false;
  // perf: two functions a stream instead of some a chunk.
  readonly #onResult = (result: IteratorResult<ServerEvent | EncodedEvent, unknown>): void => this.#take(result);
  readonly #onFailure = (thrown: unknown): void => this.#fail(thrown);

  deadline: number = Infinity;
  previous: Expiring | null = null;
  next: Expiring | null = null;

  constructor(parts: EventStreamParts) {
    this.#parts = parts;
    parts.live.enter(this);
    parts.heartbeats?.add(this, parts.clock.monotonic());
  }

  /** The next chunk. To be called again when it has been taken. */
  pull(): Promise<Chunk> {
    if (this.#arrived !== null) {
      const arrived = this.#arrived;
      this.#arrived = null;
      return Promise.resolve(arrived);
    }
    if (this.#failure !== null) {
      const { thrown } = this.#failure;
      this.#failure = null;
      return Promise.reject(thrown);
    }
    if (this.#ended) return Promise.resolve(END);
    if (this.#retryDue) {
      this.#retryDue = false;
      return Promise.resolve(chunkOf(this.#parts.retryLine));
    }
    if (this.#draining) {
      this.close();
      return Promise.resolve(END);
    }
    this.#waiting = Promise.withResolvers<Chunk>();
    const { promise } = this.#waiting;
    if (!this.#reading) this.#read();
    return promise;
  }

  #read(): void {
    this.#reading = true;
    this.#parts.events.next().then(this.#onResult, this.#onFailure);
  }

  #take({ done, value }: IteratorResult<ServerEvent | EncodedEvent, unknown>): void {
    if (done === true) return this.close();
    if (value instanceof EncodedEvent) return this.#arrive(value.bytes);
    try {
      const text = this.#parts.encode(value);
      if (typeof text === "string") this.#arrive(text);
      else text.then((later) => this.#arrive(later), this.#onFailure);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  #arrive(value: Uint8Array | string): void {
    this.#reading = false;
    const chunk = chunkOf(value);
    if (this.#waiting === null) this.#arrived = chunk;
    else this.#answer(chunk);
  }

  #answer(chunk: Chunk): void {
    const { heartbeats, clock } = this.#parts;
    this.#waiting?.resolve(chunk);
    this.#waiting = null;
    if (heartbeats === null || this.#ended) return;
    heartbeats.remove(this);
    heartbeats.add(this, clock.monotonic());
  }

  #fail(thrown: unknown): void {
    this.#reading = false;
    if (!this.#isSlowClient(thrown)) {
      if (this.#waiting === null) this.#failure = { thrown };
      else this.#waiting.reject(thrown);
      this.#waiting = null;
    }
    this.close();
  }

  /** A client that cannot keep up is let go between two events: it comes back, and says which it had. */
  #isSlowClient(thrown: unknown): boolean {
    if (!isPlinthError(thrown, "E_HTTP_CLIENT_SLOW")) return false;
    const { log, plan } = this.#parts.exchange;
    log.warn({ error: thrown, route: plan.path }, "an event stream's client was too slow");
    return true;
  }

  /** Nothing came for as long as the client may be left without a sign of life. */
  expire(): void {
    // Whoever does not wait has enough to send.
    if (this.#waiting !== null) this.#answer(chunkOf(HEARTBEAT));
    else this.#parts.heartbeats?.add(this, this.#parts.clock.monotonic());
  }

  drain(): void {
    this.#draining = true;
    if (this.#waiting !== null) this.#answer(chunkOf(this.#parts.retryLine));
    else this.#retryDue = true;
  }

  /** Ends the stream and its source. */
  close(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { heartbeats, live, events } = this.#parts;
    heartbeats?.remove(this);
    live.leave(this);
    events.close();
    this.#waiting?.resolve(END);
    this.#waiting = null;
  }
}

function chunkOf(value: Uint8Array | string): Chunk {
  return { done: false, value };
}
