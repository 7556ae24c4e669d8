import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { TestContext } from "node:test";
import { type RequestFinished, requestFinished } from "#src/http/channels";
import { type Route } from "#src/http/contract";
import { fetchInProcess } from "#src/http/fetch";
import { type RequestHandler, type RequestHandlerOptions, createRequestHandler } from "#src/http/handler";
import { HttpServer, type HttpServerOptions } from "#src/http/node/server";
import { IncomingRequest, toHeaderMap } from "#src/http/pipeline/incoming";
import { isOpenSource } from "#src/http/pipeline/stream-source";
import type { Logger } from "#src/log/contract";

/** One line of the log. */
export interface Line {
  readonly level: string;
  readonly fields: { readonly error?: unknown; readonly route?: string };
  readonly message: string;
}

/** A logger that keeps its lines. What asks first whether somebody looks closely is told no, unless somebody does. */
export function createRecordingLog(closely = false): { readonly log: Logger; readonly lines: Line[] } {
  const lines: Line[] = [];
  const at =
    (level: string) =>
    (fields: object | string, message = ""): void =>
      void lines.push(typeof fields === "string" ? { level, fields: {}, message: fields } : { level, fields, message });
  const log: Logger = {
    trace: at("trace"),
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    fatal: at("fatal"),
    level: closely ? "trace" : "info",
    isEnabled: (level) => closely || (level !== "debug" && level !== "trace"),
    child: () => log,
  };
  return { log, lines };
}

/** An app under test: its handler, what it logged, and a way to call it. */
export interface TestApp {
  readonly handler: RequestHandler;
  readonly lines: Line[];
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** The error of a logged line. */
  loggedError(index?: number): Error & { readonly code?: string; readonly faults?: readonly unknown[] };
}

export async function createApp(routes: readonly Route[], options: Partial<RequestHandlerOptions> = {}): Promise<TestApp> {
  const { log, lines } = createRecordingLog();
  const handler = await createRequestHandler({ log, ...options, routes });
  return {
    handler,
    lines,
    fetch: (path, init) => fetchInProcess(handler, new Request(`http://localhost${path}`, init)),
    loggedError: (index = 0) => lines[index]?.fields.error as Error,
  };
}

/** The status of a target exactly as it is written, as a socket would hand it on: `fetch` would tidy it up. */
export async function rawStatus(
  app: TestApp,
  url: string,
  options: { method?: string; headers?: readonly string[] } = {},
): Promise<number> {
  const { method = "GET", headers = ["host", "localhost"] } = options;
  const request = new IncomingRequest({
    id: "1",
    method,
    url,
    headers: toHeaderMap(headers),
    address: "127.0.0.1",
    scheme: "http",
    host: "localhost",
    bodyLength: 0,
  });
  const { promise, resolve } = Promise.withResolvers<number>();
  app.handler.handle(request, {
    takesText: false,
    bytesRead: 0,
    readBody: () => Promise.resolve(),
    async *streamBody() {},
    send(exchange, answer) {
      if (isOpenSource(answer.body)) answer.body.close();
      exchange.finish(answer.status, 0);
      resolve(answer.status);
    },
  });
  return promise;
}

/** What callers see of a problem. */
export interface SeenProblem {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly in: string; readonly pointer: string; readonly detail: string }[];
}

export async function problemOf(response: Response): Promise<SeenProblem> {
  return (await response.json()) as SeenProblem;
}

/** A JSON body and its content type, as fetch takes them. */
export function jsonInit(value: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return { method: "POST", body, headers: { "content-type": "application/json", ...headers } };
}

/** Requests of one route that have ended, as they were announced. */
export function watchFinished(
  t: TestContext,
  route: string,
): { readonly seen: RequestFinished[]; next(): Promise<RequestFinished> } {
  const seen: RequestFinished[] = [];
  const waiting: ((one: RequestFinished) => void)[] = [];
  let taken = 0;
  const unsubscribe = requestFinished.subscribe((message) => {
    if (message.route !== route) return;
    seen.push(message);
    const first = waiting.shift();
    if (first !== undefined) {
      taken++;
      first(message);
    }
  });
  t.after(unsubscribe);
  return {
    seen,
    next: () => {
      const ready = seen[taken];
      if (ready !== undefined) {
        taken++;
        return Promise.resolve(ready);
      }
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** An app behind a real socket. */
export interface TestServer extends TestApp {
  readonly server: HttpServer;
  readonly port: number;
  readonly origin: string;
  /** Opens a bare connection. */
  open(): Promise<RawClient>;
  /** Sends bytes on a connection of their own and gives everything that came back until the server closed it. */
  exchange(bytes: string | Uint8Array): Promise<string>;
}

export async function serve(
  t: TestContext,
  routes: readonly Route[],
  options: Partial<RequestHandlerOptions> = {},
  serverOptions: Omit<HttpServerOptions, "handler"> = {},
): Promise<TestServer> {
  const app = await createApp(routes, options);
  const server = new HttpServer({ handler: app.handler, ...serverOptions });
  const { port } = await server.listen({ host: "127.0.0.1", port: 0 });
  const clients = new Set<RawClient>();
  t.after(async () => {
    for (const client of clients) client.socket.destroy();
    await server.drain(0);
  });
  const open = async (): Promise<RawClient> => {
    const client = await RawClient.open(port);
    clients.add(client);
    return client;
  };
  return {
    ...app,
    server,
    port,
    origin: `http://127.0.0.1:${port}`,
    open,
    exchange: async (bytes) => {
      const client = await open();
      client.send(bytes);
      return client.closed();
    },
  };
}

/** A connection whose bytes a test writes and reads itself. */
export class RawClient {
  readonly socket: Socket;
  received = "";
  #changed: () => void = () => {};
  #ended = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.received += text;
      this.#changed();
    });
    socket.on("error", () => socket.destroy()); // a reset is one way for the server to close
    const end = (): void => {
      this.#ended = true;
      this.#changed();
    };
    socket.on("end", end);
    socket.on("close", end);
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    return new RawClient(socket);
  }

  send(bytes: string | Uint8Array): void {
    this.socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
  }

  /** Waits until the text has come; fails when the connection closes without it. */
  async until(text: string): Promise<string> {
    while (!this.received.includes(text)) {
      if (this.#ended) throw new Error(`Closed before ${JSON.stringify(text)} came; got ${JSON.stringify(this.received)}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
    return this.received;
  }

  /** Everything received, once the server has closed its side. */
  async closed(): Promise<string> {
    while (!this.#ended) await new Promise<void>((resolve) => (this.#changed = resolve));
    this.socket.destroy();
    return this.received;
  }
}

/** Status codes of the answers in a connection's bytes, in order. */
export function statusesOf(received: string): number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}

/** A promise and the function that resolves it. */
export function gate<Value = void>(): { readonly opened: Promise<Value>; readonly open: (value: Value) => void } {
  const { promise, resolve } = Promise.withResolvers<Value>();
  return { opened: promise, open: resolve };
}

/** An object that some would await, whose \`then\` is this. */
export function thenable(then: unknown): object {
  // oxlint-disable-next-line unicorn/no-thenable -- what is tested is that nobody is fooled by one
  return { then };
}
