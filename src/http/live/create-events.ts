import { Backlog, type BacklogOptions } from "./backlog.ts";
import { EncodedEvent, type ServerEvent, compileEvents } from "./server-event.ts";

/** Events that code sends one by one to one client. */
export interface EventSender<Data = unknown> extends AsyncIterable<EncodedEvent> {
  /**
   * Sends an event.
   *
   * @returns whether it was taken: false once the stream is over
   * @throws E_HTTP_EVENT_INVALID
   */
  send(event: ServerEvent<Data>): boolean;
  /** Ends the stream behind what was sent. */
  close(): void;
  /** Aborted when the stream is over, whoever ended it: stop sending then. */
  readonly signal: AbortSignal;
}

/**
 * A source for `reply.events` that is written to instead of iterated. What the client has not taken yet is bounded.
 *
 * @example
 * route.get("/orders/:id/events", { auth: signedIn }, ({ params }) => {
 *   const events = createEvents<Order>();
 *   const stop = orders.watch(params.id, (order) => events.send({ event: "changed", data: order }));
 *   events.signal.addEventListener("abort", stop);
 *   return reply.events(events);
 * });
 */
export function createEvents<Data = unknown>(options: BacklogOptions = {}): EventSender<Data> {
  const controller = new AbortController();
  const backlog = new Backlog<EncodedEvent>(options, () => controller.abort());
  const encode = compileEvents(undefined) as (event: ServerEvent) => string;
  return {
    signal: controller.signal,
    send(event) {
      if (backlog.closed) return false;
      const encoded = new EncodedEvent(Buffer.from(encode(event)));
      return backlog.push(encoded, encoded.bytes.length);
    },
    close: () => backlog.close(),
    [Symbol.asyncIterator]: () => backlog,
  };
}
