import type { Readable } from "node:stream";
import { type PlinthError, isPlinthError } from "../../core/mod.ts";
import { isForbiddenTrailer } from "../../security/mod.ts";
import type { BodyStream } from "../contract.ts";
import { ByteCollector } from "../body/byte-collector.ts";
import { errors } from "../errors.ts";
import { keepError } from "../pipeline/body-stream.ts";
import type { LiveExchange, WholeBody } from "../pipeline/exchange.ts";

/** A request's body as its protocol hands it on. */
export interface IncomingBody extends Readable {
  /** Whether it has come to its end, trailers included. */
  readonly complete: boolean;
  /** Names and values in turn. */
  readonly rawTrailers: readonly string[];
}

/** Counts and bounds what is read of one request's body. What is said in Content-Length is not trusted: bytes are. */
export class BodyReader {
  readonly #message: IncomingBody;
  readonly #beforeRead: () => void;
  #refuse: ((error: Error) => void) | null = null;
  bytesRead = 0;

  /** @param beforeRead called once, when the body is first wanted: answers `Expect: 100-continue` */
  constructor(message: IncomingBody, beforeRead: () => void) {
    this.#message = message;
    this.#beforeRead = beforeRead;
  }

  /**
   * Reads the body to its end, and puts what it says into the exchange.
   *
   * @throws E_HTTP_BODY_TOO_LARGE, E_HTTP_BODY_INTERRUPTED, E_HTTP_TRAILER_FORBIDDEN, and what `parse` throws
   */
  whole(exchange: LiveExchange, { limit, parse }: WholeBody): Promise<void> {
    this.#beforeRead();
    const message = this.#message;
    if (message.destroyed) return Promise.reject(errors.BODY_INTERRUPTED({}));
    return new Promise((resolve, reject) => {
      this.#refuse = reject;
      // perf: nearly every body comes in one chunk, and then needs no copy. Parsing here saves a promise of its own.
      let only: Buffer | null = null;
      let collector: ByteCollector | null = null;
      const leave = (error: Error): void => {
        message.pause();
        message.removeListener("data", onData);
        reject(error);
      };
      const onData = (chunk: Buffer): void => {
        this.bytesRead += chunk.length;
        if (this.bytesRead > limit) leave(errors.BODY_TOO_LARGE({ limit }));
        else if (exchange.settled) return; // answered meanwhile: what still comes is only counted
        else if (only === null) only = chunk;
        else {
          if (collector === null) (collector = new ByteCollector()).add(only);
          collector.add(chunk);
        }
      };
      message.on("data", onData);
      message.on("end", () => {
        try {
          const fault = findTrailerFault(message);
          if (fault !== undefined) throw fault;
          if (!exchange.settled) exchange.body = parse(collector?.bytes() ?? only ?? EMPTY);
          resolve();
        } catch (thrown) {
          reject(thrown);
        }
      });
      // A message whose connection ends before its body does is destroyed with an error.
      message.on("error", () => reject(errors.BODY_INTERRUPTED({})));
    });
  }

  /** Says that no more will come, where the message itself does not: whoever waits for the whole body waits no longer. */
  interrupt(): void {
    this.#refuse?.(errors.BODY_INTERRUPTED({}));
  }

  stream(limit: number): BodyStream {
    return keepError(this.#chunks(limit));
  }

  async *#chunks(limit: number): AsyncGenerator<Uint8Array> {
    this.#beforeRead();
    const message = this.#message;
    try {
      // The message must outlive an early end of reading: its connection carries the answer.
      for await (const chunk of message.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        this.bytesRead += chunk.length;
        if (this.bytesRead > limit) throw errors.BODY_TOO_LARGE({ limit });
        yield chunk;
      }
    } catch (thrown) {
      // A message that has come whole can still be lost: its connection may be reset before it is read.
      throw isPlinthError(thrown) ? thrown : errors.BODY_INTERRUPTED({}, { cause: thrown });
    }
    const fault = findTrailerFault(message);
    if (fault !== undefined) throw fault;
  }
}

const EMPTY = Buffer.alloc(0);

/**
 * The fault of a message whose trailer section has what may not stand there. Whoever sends it means to change what was decided
 * before: nothing more is taken from its connection.
 */
export function findTrailerFault(message: IncomingBody): PlinthError | undefined {
  const raw = message.rawTrailers;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    if (isForbiddenTrailer(name)) return errors.TRAILER_FORBIDDEN({ name }, { headers: { connection: "close" } });
  }
  return undefined;
}
