import { createId } from "../core/mod.ts";
import { collectBytes } from "./body/byte-collector.ts";
import type { BodyStream } from "./contract.ts";
import { errors } from "./errors.ts";
import type { RequestHandler } from "./handler.ts";
import { keepError } from "./pipeline/body-stream.ts";
import type { Answer, LiveExchange, Transport, WholeBody } from "./pipeline/exchange.ts";
import { IncomingRequest, toHeaderMap } from "./pipeline/incoming.ts";
import { type OpenSource, isOpenSource, openSource } from "./pipeline/stream-source.ts";

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
export async function fetchInProcess(handler: RequestHandler, request: Request, options: FetchOptions = {}): Promise<Response> {
  request.signal.throwIfAborted();
  const url = new URL(request.url);
  const headers = toHeaderMap([...request.headers].flat());
  headers["host"] ??= url.host;
  const incoming = new IncomingRequest({
    id: createId(),
    method: request.method,
    url: url.pathname + url.search,
    headers,
    address: options.address ?? "127.0.0.1",
    scheme: url.protocol === "https:" ? "https" : "http",
    host: headers["host"],
    // What a caller says of its body is a promise to refuse early by; that there is one is seen.
    bodyLength: request.body === null ? 0 : Number(headers["content-length"] ?? -1) || -1,
  });
  return new Promise((resolve, reject) => {
    const transport = new FetchTransport(request, resolve);
    const exchange = handler.handle(incoming, transport);
    const leave = (): void => {
      exchange.clientLeft();
      reject(request.signal.reason as Error);
    };
    request.signal.addEventListener("abort", leave, { once: true });
  });
}

class FetchTransport implements Transport {
  readonly #request: Request;
  readonly #resolve: (response: Response) => void;
  readonly takesText = false;
  bytesRead = 0;

  constructor(request: Request, resolve: (response: Response) => void) {
    this.#request = request;
    this.#resolve = resolve;
  }

  async readBody(exchange: LiveExchange, { limit, parse }: WholeBody): Promise<void> {
    exchange.body = parse(await collectBytes(this.streamBody(limit)));
  }

  streamBody(limit: number): BodyStream {
    return keepError(this.#chunks(limit));
  }

  async *#chunks(limit: number): AsyncGenerator<Uint8Array> {
    const body = this.#request.body;
    if (body === null) return;
    const source = openSource(body);
    try {
      for (;;) {
        const { done, value } = await source.next().catch((cause: unknown) => {
          throw errors.BODY_INTERRUPTED({}, { cause });
        });
        if (done === true) return;
        this.bytesRead += (value as Uint8Array).byteLength;
        if (this.bytesRead > limit) throw errors.BODY_TOO_LARGE({ limit });
        yield value as Uint8Array;
      }
    } finally {
      source.close();
    }
  }

  send(exchange: LiveExchange, answer: Answer): void {
    const { status, body, length } = answer;
    const headers = new Headers();
    for (let index = 0; index < answer.headers.length; index += 2) {
      headers.append(answer.headers[index] as string, answer.headers[index + 1] as string);
    }
    const bodiless = this.#request.method === "HEAD" || NULL_BODY.has(status);
    if (body === null || bodiless) {
      if (isOpenSource(body)) body.close();
      exchange.finish(status, 0);
      this.#resolve(new Response(null, { status, headers }));
      return;
    }
    if (!isOpenSource(body)) {
      exchange.finish(status, length);
      this.#resolve(new Response(body as string | Uint8Array<ArrayBuffer>, { status, headers }));
      return;
    }
    this.#resolve(new Response(streamOut(exchange, status, body), { status, headers }));
  }
}

/** Statuses that a `Response` takes no body with (Fetch standard). */
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** The answer's body, pulled from its source as it is read. */
function streamOut(exchange: LiveExchange, status: number, source: OpenSource): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // Only what ends the answer early aborts: the client leaving, the source failing.
        exchange.signal.addEventListener("abort", () => {
          source.close();
          controller.error(exchange.signal.reason);
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await source.next();
          if (done === true) {
            exchange.finish(status, exchange.bytesOut);
            controller.close();
            return;
          }
          const chunk = typeof value === "string" ? Buffer.from(value) : value;
          exchange.bytesOut += chunk.byteLength;
          controller.enqueue(chunk);
        } catch (thrown) {
          exchange.breakOff(status, thrown);
        }
      },
      cancel: () => exchange.clientLeft(),
    },
    { highWaterMark: 0 },
  );
}
