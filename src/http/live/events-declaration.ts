import type { Duration } from "../../core/mod.ts";
import type { Schema } from "../contract.ts";
import type { EncodedEvent, ServerEvent } from "./server-event.ts";

/** What the events of a stream come from. It is closed when the client leaves or the server stops. */
export type EventSource<Data = unknown> = AsyncIterable<ServerEvent<Data> | EncodedEvent>;

export interface EventsSettings<DataSchema extends Schema | undefined = Schema | undefined> {
  /** What the data of every event must fit: it is sent as JSON, and fields that are not listed never leave. */
  readonly schema?: DataSchema;
  /**
   * After how long without an event a comment is sent, so that nothing in between takes the connection for dead, and a client that
   * is gone is noticed. Default `"15s"`; `"0s"` for none.
   */
  readonly heartbeat?: Duration;
  /**
   * How long the client waits before it connects again; each is told up to half as much more, so that they do not all come at once.
   * Default `"3s"`.
   */
  readonly retry?: Duration;
}

/** Headers of every event stream. Nothing in between may keep, change or collect it. */
export const EVENT_HEADERS: readonly string[] = [
  "content-type",
  "text/event-stream; charset=utf-8",
  "cache-control",
  "no-store, no-transform",
  "x-accel-buffering", // nginx
  "no",
];

/** What a handler answers with: where the events come from and how they are sent. */
export class EventsDeclaration {
  readonly source: EventSource;
  readonly settings: EventsSettings;

  constructor(source: EventSource, settings: EventsSettings) {
    this.source = source;
    this.settings = settings;
  }
}
