import { channel as openChannel } from "node:diagnostics_channel";

/**
 * A typed announcement. The room where something happens publishes; telemetry, the access log and the console subscribe;
 * neither knows the other. Publishing to nobody costs one property read when the caller asks `hasSubscribers` first.
 */
export interface Channel<Message extends object> {
  readonly name: string;
  readonly hasSubscribers: boolean;
  publish(message: Message): void;
  /** Subscribes; the function returned ends the subscription. A subscriber that throws does not disturb the publisher. */
  subscribe(listener: (message: Message) => void): () => void;
}

/**
 * Opens a channel by name. The same name is the same channel everywhere in the thread.
 *
 * @param name `plinth:<room>:<event>`
 */
export function openTypedChannel<Message extends object>(name: string): Channel<Message> {
  const raw = openChannel(name);
  return {
    name,
    get hasSubscribers(): boolean {
      return raw.hasSubscribers;
    },
    publish(message: Message): void {
      raw.publish(message);
    },
    subscribe(listener: (message: Message) => void): () => void {
      const deliver = (message: unknown): void => listener(message as Message);
      raw.subscribe(deliver);
      return () => {
        raw.unsubscribe(deliver);
      };
    },
  };
}
