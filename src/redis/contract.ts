import type { Service } from "../core/mod.ts";

/** A word of a command. Numbers are written in decimal. */
export type RedisWord = string | number | Uint8Array;

export interface CommandOptions {
  /** Gives up waiting; the connection and the replies of other commands are not disturbed. */
  readonly signal?: AbortSignal;
  /** Milliseconds to wait for the reply. Default: the client's. */
  readonly timeout?: number;
  /** Replies with bytes (`Buffer`) instead of strings. */
  readonly bytes?: boolean;
}

/** A Lua script, loaded once per server and called by its hash. Made by `defineScript`. */
export interface RedisScript {
  readonly name: string;
  readonly source: string;
  /** SHA-1, in hex. */
  readonly hash: string;
}

export type RedisState = "connecting" | "ready" | "down";

/**
 * One connection to Redis, shared by everything in a thread. Nothing waits in a queue for a server that is away: a command fails at once
 * with `E_REDIS_UNAVAILABLE`, after its time-out with `E_REDIS_TIMEOUT`. It connects again by itself.
 */
export interface Redis extends Service {
  readonly state: RedisState;
  /** Keys of this program start with it. Empty, or ends with `:`. */
  readonly prefix: string;
  /** @throws E_REDIS_UNAVAILABLE, E_REDIS_TIMEOUT, E_REDIS_REPLY_ERROR with what the server said */
  command<Reply>(words: readonly RedisWord[], options?: CommandOptions): Promise<Reply>;
  /** One round trip; the script's source travels only when the server does not have it. */
  script<Reply>(
    script: RedisScript,
    keys: readonly string[],
    words: readonly RedisWord[],
    options?: CommandOptions,
  ): Promise<Reply>;
  /** Listens on a channel, over a connection of its own, again after every reconnect. Messages of the time between are lost: see `onGap`. */
  subscribe(channel: string, listener: (message: string) => void): Promise<() => Promise<void>>;
  /** Told whenever messages of subscriptions may have been lost. */
  onGap(listener: () => void): () => void;
  onState(listener: (state: RedisState) => void): () => void;
}
