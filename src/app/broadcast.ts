/** A subject of which every thread knows the latest value. Values travel as structured clones: plain data only. */
export interface Topic<Value> {
  readonly name: string;
  /** Never set: carries the value's type. */
  readonly "~value"?: Value;
}

export function defineTopic<Value>(name: string): Topic<Value> {
  return Object.freeze({ name });
}

type Listener = (value: never) => void;

/**
 * What the supervisor wants every thread to know: the latest value of each topic. The supervisor publishes, and its crew hands on what is
 * published; a thread receives, and one that starts later is given all of it. Who subscribes is told the latest value at once.
 */
export class Broadcast {
  readonly #values = new Map<string, unknown>();
  readonly #listeners = new Map<string, Set<Listener>>();
  #relay: ((topic: string, value: unknown) => void) | undefined;

  publish<Value>(topic: Topic<Value>, value: Value): void {
    this.receive(topic.name, value);
    this.#relay?.(topic.name, value);
  }

  /** Takes over what was published elsewhere. */
  receive(topic: string, value: unknown): void {
    this.#values.set(topic, value);
    for (const listener of this.#listeners.get(topic) ?? []) listener(value as never);
  }

  /** @returns the end of the subscription */
  subscribe<Value>(topic: Topic<Value>, listener: (value: Value) => void): () => void {
    const listeners = this.#listeners.get(topic.name) ?? new Set();
    this.#listeners.set(topic.name, listeners.add(listener));
    if (this.#values.has(topic.name)) listener(this.#values.get(topic.name) as Value);
    return () => void listeners.delete(listener);
  }

  /** Everything that was published, for a thread that starts. */
  snapshot(): ReadonlyMap<string, unknown> {
    return new Map(this.#values);
  }

  /** Hands on whatever is published from now on. */
  relayTo(relay: (topic: string, value: unknown) => void): void {
    this.#relay = relay;
  }
}
