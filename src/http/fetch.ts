import { Readable } from "node:stream";
import { createId } from "../core/mod.ts";
import type { BodyStream } from "./contract.ts";
import { errors } from "./errors.ts";
import type { RequestHandler } from "./handler.ts";
import type { LiveExchange } from "./pipeline/exchange.ts";
import { IncomingRequest, toHeaderMap } from "./pipeline/incoming.ts";
import type { Answer, Transport } from "./pipeline/transport.ts";
import type { StreamSource } from "./reply.ts";

export interface FetchOptions {
  /** The client's address as limits and logs see it. Default `127.0.0.1`. */
  readonly address?: string;
}

/**
 * Runs one request through the handler without a socket, by the same steps as one that came over the network.
 *
 * @example
 * const answer = await fetchInProcess(handler, new Request("http://localhost/orders/1"));
 */
export function fetchInProcess(handler: RequestHandler, request: Request, options: FetchOptions = {}): Promise<Response> {
  const url = new URL(request.url);
  const headers = toHeaderMap([...request.headers].flat());
  headers["host"] ??= url.host;
  const length = headers["content-length"];
  const incoming = new IncomingRequest({
    id: createId(),
    method: request.method,
    url: url.pathname + url.search,
    headers,
    address: options.address ?? "127.0.0.1",
    bodyLength: request.body === null ? 0 : length === undefined ? -1 : Number(length),
  });
  return new Promise((resolve, reject) => {
    const transport = new FetchTransport(request, resolve);
    const exchange = handler.handle(incoming, transport);
    const leave = (): void => {
      exchange.clientLeft();
      reject(request.signal.reason as Error);
    };
    if (request.signal.aborted) leave();
    else request.signal.addEventListener("abort", leave, { once: true });
  });
}

class FetchTransport implements Transport {
  readonly #request: Request;
  readonly #resolve: (response: Response) => void;
  bytesRead = 0;

  constructor(request: Request, resolve: (response: Response) => void) {
    this.#request = request;
    this.#resolve = resolve;
  }

  async readBody(limit: number): Promise<Buffer> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.streamBody(limit)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async *streamBody(limit: number): BodyStream {
    for await (const chunk of this.#request.body ?? []) {
      this.bytesRead += chunk.byteLength;
      if (this.bytesRead > limit) throw errors.BODY_TOO_LARGE({ limit });
      yield chunk;
    }
  }

  send(exchange: LiveExchange, answer: Answer): void {
    const { status, body, length } = answer;
    const headers = new Headers();
    for (let index = 0; index < answer.headers.length; index += 2) {
      headers.append(answer.headers[index] as string, answer.headers[index + 1] as string);
    }
    const bodiless = this.#request.method === "HEAD" || status === 204 || status === 304;
    if (body === null || bodiless) {
      exchange.finish(status, 0);
      this.#resolve(new Response(null, { status, headers }));
      return;
    }
    if (typeof body === "string") {
      exchange.finish(status, length);
      this.#resolve(new Response(body, { status, headers }));
      return;
    }
    const stream = Readable.toWeb(Readable.from(counted(exchange, status, body), { objectMode: false }));
    this.#resolve(new Response(stream as ReadableStream<Uint8Array>, { status, headers }));
  }
}

async function* counted(exchange: LiveExchange, status: number, source: StreamSource): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  try {
    for await (const chunk of source as AsyncIterable<Uint8Array | string>) {
      const encoded = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      bytes += encoded.byteLength;
      yield encoded;
    }
  } finally {
    exchange.finish(status, bytes);
  }
}
