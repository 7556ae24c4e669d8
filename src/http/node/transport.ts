import type { IncomingMessage, ServerResponse } from "node:http";
import type { BodyStream } from "../contract.ts";
import type { Answer, LiveExchange, Transport, WholeBody } from "../pipeline/exchange.ts";
import { BodyReader } from "./body.ts";
import { writeAnswer } from "./write.ts";

/** Carries one exchange over a socket. */
export class NodeTransport implements Transport {
  readonly takesText = true;
  readonly #message: IncomingMessage;
  readonly #response: ServerResponse;
  #reader: BodyReader | null = null;

  constructor(message: IncomingMessage, response: ServerResponse) {
    this.#message = message;
    this.#response = response;
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
    writeAnswer(exchange, this.#response, answer);
  }

  #open(): BodyReader {
    return (this.#reader ??= new BodyReader(this.#message, () => {
      const { headers, httpVersionMinor } = this.#message;
      // HTTP/1.0 knows no interim answers: there the field means nothing (RFC 9110, section 10.1.1).
      if (headers.expect !== undefined && httpVersionMinor > 0) this.#response.writeContinue();
    }));
  }
}
