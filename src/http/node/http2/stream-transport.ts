import type { BodyStream } from "../../contract.ts";
import type { Answer, LiveExchange, Transport, WholeBody } from "../../pipeline/exchange.ts";
import { BodyReader } from "../body.ts";
import type { BodyStreamOfRequest } from "./stream-body.ts";
import { writeStream } from "./write-stream.ts";

/** Carries one exchange over a stream of an HTTP/2 connection. */
export class StreamTransport implements Transport {
  readonly takesText = false;
  readonly #stream: BodyStreamOfRequest;
  readonly #expects: boolean;
  #reader: BodyReader | null = null;
  /** Bytes of the answer's body handed to the stream so far. */
  bytesOut = 0;

  /** @param expects whether the client waits for `100 Continue` before it sends the body */
  constructor(stream: BodyStreamOfRequest, expects: boolean) {
    this.#stream = stream;
    this.#expects = expects;
  }

  get bytesRead(): number {
    return this.#reader?.bytesRead ?? 0;
  }

  readBody(exchange: LiveExchange, whole: WholeBody): Promise<void> {
    return this.#open().whole(exchange, whole);
  }

  streamBody(limit: number): BodyStream {
    return this.#open().stream(limit);
  }

  send(exchange: LiveExchange, answer: Answer): void {
    writeStream(exchange, this.#stream, answer, (bytes) => (this.bytesOut += bytes));
  }

  /** The stream is gone: whoever waits for more of its body waits no longer. */
  interrupt(): void {
    this.#reader?.interrupt();
  }

  #open(): BodyReader {
    return (this.#reader ??= new BodyReader(this.#stream, () => {
      const stream = this.#stream;
      if (this.#expects && !stream.headersSent && !stream.destroyed) stream.additionalHeaders({ ":status": 100 });
    }));
  }
}
