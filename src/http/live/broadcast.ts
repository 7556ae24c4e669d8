import {
  type Clock,
  SegmentTable,
  type Service,
  type SharedMemory,
  type Size,
  THREAD_INDEX,
  delay,
  parseSize,
  systemClock,
} from "../../core/mod.ts";
import type { Input, Schema } from "../contract.ts";
import { errors } from "../errors.ts";
import { isPromise, validate } from "../validation/validate.ts";
import { Journal } from "./journal.ts";
import { RecentEvents } from "./recent-events.ts";
import { type EncodedEvent, fitting, isEventField, toJson } from "./server-event.ts";
import { ServerSocket } from "./server-socket.ts";
import { type EventWindow, type Placed, Subscription } from "./subscription.ts";
import type { AnySocket } from "./web-socket-contract.ts";

export interface BroadcastOptions<DataSchema extends Schema | undefined = undefined> {
  /** Unique in the process: broadcasts of one name are one in all threads. Lower-case letters, digits and hyphens. */
  readonly name: string;
  /** Memory that all threads share: `runtime.memory`. Default: of this thread alone. */
  readonly memory?: SharedMemory;
  /** How much is kept of what was published, for clients that come back and for slow ones. The same in every thread. Default `"1mb"`. */
  readonly keep?: Size;
  /** What everything that is published must fit; fields that are not listed never leave. */
  readonly schema?: DataSchema;
  readonly clock?: Clock;
}

/** An event for everybody who listens, in every thread. Made by {@link createBroadcast}. */
export interface Broadcast<Data> extends Service {
  /**
   * Publishes an event to everybody who listens, in all threads. It is encoded once a thread, as JSON.
   *
   * @param event the event's name, for event streams. Default none, which browsers call `message`
   * @returns the event's id
   * @throws E_HTTP_EVENT_INVALID, E_HTTP_BROADCAST_TOO_LARGE, E_HTTP_BROADCAST_BUSY, E_HTTP_BROADCAST_STOPPED
   */
  publish(data: Data, event?: string): string;
  /**
   * Events for one client, for `reply.events`. With `after`, first what was published since that id. When that is not there any more, or
   * the client falls so far behind, it is told by an event named `reset`: it has missed something and should fetch the whole state.
   */
  subscribe(options?: { readonly after?: string | undefined }): AsyncIterable<EncodedEvent>;
  /** Sends the data of every event from now on to a WebSocket, as JSON text, until it closes. */
  attach(socket: AnySocket): void;
  /** Who listens in this thread. */
  readonly listeners: number;
}

const DEFAULT_KEEP = "1mb";
const NAME = /^[a-z0-9-]{1,64}$/;
const RETRY_MS = 50;

/**
 * Publishes to many clients at once: event streams and WebSockets, in all threads of the process. Everybody gets the same events in the same
 * order. What is published is kept once a thread, never once a client: a client costs the place where it is, however slow it is.
 *
 * It is a service: return it from `services`, and it is started and stopped with the app. Across processes it does not reach.
 *
 * @throws E_HTTP_BROADCAST_INVALID
 * @example
 * services: ({ runtime }) => ({ prices: createBroadcast({ name: "prices", memory: runtime.memory, schema: Price }) }),
 * routes: [({ prices }) => routes(
 *   route.get("/prices", { auth: "public" }, ({ lastEventId }) => reply.events(prices.subscribe({ after: lastEventId }))),
 * )],
 */
export function createBroadcast<DataSchema extends Schema | undefined = undefined>(
  options: BroadcastOptions<DataSchema>,
): Broadcast<DataSchema extends Schema ? Input<DataSchema> : unknown> {
  return new SharedBroadcast(options);
}

class SharedBroadcast implements Broadcast<unknown>, EventWindow {
  readonly name: string;
  readonly #options: BroadcastOptions<Schema | undefined>;
  readonly #keep: number;
  readonly #subscriptions = new Set<Subscription>();
  readonly #sockets = new Set<ServerSocket>();
  #open: OpenBroadcast | null = null;

  constructor(options: BroadcastOptions<Schema | undefined>) {
    const { name, keep = DEFAULT_KEEP } = options;
    if (!NAME.test(name)) throw errors.BROADCAST_INVALID({ name });
    this.name = `broadcast-${name}`;
    this.#options = options;
    this.#keep = parseSize(keep);
  }

  get listeners(): number {
    return this.#subscriptions.size + this.#sockets.size;
  }

  async start(): Promise<void> {
    const { name, memory = new SegmentTable(), clock = systemClock } = this.#options;
    const segment = await memory.claim(`http:broadcast:${name}`, Journal.bytes(this.#keep), { byteOffset: 0, count: 1 });
    const journal = new Journal(name, segment, THREAD_INDEX);
    const open = { journal, recent: new RecentEvents(this.#keep, journal.epoch(clock.now()).toString(36)) };
    this.#open = open;
    void this.#listen(open, clock);
  }

  stop(): void {
    this.#open?.journal.wake();
    this.#open = null;
    for (const subscription of this.#subscriptions) subscription.close();
    this.#sockets.clear();
  }

  /** Takes what other threads publish, until this is stopped. */
  async #listen(open: OpenBroadcast, clock: Clock): Promise<void> {
    while (this.#open === open) {
      const { bell } = open.journal;
      if (this.#take(open)) await open.journal.published(bell);
      else await delay(clock, RETRY_MS); // a thread died in the journal: its lock is about to be freed
    }
  }

  /** Hands on what was published. Returns false when the journal cannot be read now. */
  #take({ journal, recent }: OpenBroadcast): boolean {
    const taken = journal.take();
    if (taken === null) return false;
    if (taken.missed) recent.clear();
    for (const entry of taken.entries) recent.add(entry);
    if (taken.entries.length === 0) return true;
    for (const subscription of this.#subscriptions) subscription.wake();
    for (const socket of this.#sockets) for (const { data } of taken.entries) socket.sendText(data);
    return true;
  }

  publish(data: unknown, event = ""): string {
    const open = this.#running();
    if (!isEventField(event)) throw errors.EVENT_INVALID({ reason: "its name is too long or has a line end or a control in it" });
    const sequence = open.journal.append(event, this.#encode(data));
    this.#take(open);
    return open.recent.idOf(sequence);
  }

  #running(): OpenBroadcast {
    if (this.#open === null) throw errors.BROADCAST_STOPPED({ name: this.#options.name });
    return this.#open;
  }

  #encode(data: unknown): string {
    const { schema } = this.#options;
    if (schema === undefined) return toJson(data) ?? "null";
    const result = validate(schema, data);
    if (isPromise(result)) throw errors.EVENT_INVALID({ reason: "its schema takes time to decide" });
    return toJson(fitting(result)) ?? "null";
  }

  subscribe({ after }: { readonly after?: string | undefined } = {}): AsyncIterable<EncodedEvent> {
    const { recent } = this.#running();
    const subscription = new Subscription(this, after === undefined ? recent.newest : recent.sequenceOf(after));
    this.#subscriptions.add(subscription);
    return subscription;
  }

  after(sequence: number): Placed | undefined {
    return this.#open?.recent.after(sequence);
  }

  leave(subscription: Subscription): void {
    this.#subscriptions.delete(subscription);
  }

  attach(socket: AnySocket): void {
    this.#running();
    if (!(socket instanceof ServerSocket))
      throw new TypeError("Only the socket that a WebSocket route's handler got can be attached.");
    this.#sockets.add(socket);
    socket.whenClosed(() => this.#sockets.delete(socket));
  }
}

/** A broadcast that has started. */
interface OpenBroadcast {
  readonly journal: Journal;
  readonly recent: RecentEvents;
}
