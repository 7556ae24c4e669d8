import { once } from "node:events";
import { type Socket, connect } from "node:net";

/** One answer, whole. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/**
 * One connection that asks one thing after another, as a load balancer's do: an answer with `Connection: close` is its last, and an
 * answer that is cut off, or that does not come, is an error that says so.
 */
export class KeepAliveConnection {
  readonly #socket: Socket;
  readonly #host: string;
  #buffer = "";
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setEncoding("latin1");
    const notice = (): void => this.#wake?.();
    socket.on("data", (text: string) => {
      this.#buffer += text;
      notice();
    });
    const end = (): void => {
      this.#ended = true;
      notice();
    };
    socket.on("end", end).on("close", end).on("error", end);
  }

  static async open(url: string): Promise<KeepAliveConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    return new KeepAliveConnection(socket, host);
  }

  /** Whether the server has said, or shown, that it takes nothing more here. */
  get isOver(): boolean {
    return this.#ended;
  }

  get(path: string): Promise<RawAnswer> {
    return this.ask("GET", path);
  }

  /** Sends a target as it is written, in UTF-8, and no body. */
  async ask(method: string, path: string): Promise<RawAnswer> {
    this.#socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    const head = await this.#take((text) => endOf(text, "\r\n\r\n"), `the head of ${path}`);
    const [statusLine = "", ...fields] = head.trimEnd().split("\r\n");
    const headers = new Map(
      fields.map((field) => {
        const colon = field.indexOf(":");
        return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
      }),
    );
    const body = await this.#body(path, headers);
    if (headers.get("connection") === "close") this.close();
    return { status: Number(statusLine.split(" ")[1]), headers, body };
  }

  async #body(path: string, headers: ReadonlyMap<string, string>): Promise<string> {
    const length = headers.get("content-length");
    if (length !== undefined) return this.#takeBytes(Number(length), `the body of ${path}`);
    if (headers.get("transfer-encoding") !== "chunked") return "";
    for (let body = ""; ;) {
      const size = Number.parseInt(await this.#take((text) => endOf(text, "\r\n"), `a chunk of ${path}`), 16);
      const chunk = await this.#takeBytes(size + 2, `a chunk of ${path}`);
      if (size === 0) return body;
      body += chunk.slice(0, -2);
    }
  }

  #takeBytes(count: number, what: string): Promise<string> {
    return count === 0 ? Promise.resolve("") : this.#take((text) => (text.length >= count ? count : 0), what);
  }

  /** @param find the position after what is wanted; 0 while it is not there */
  async #take(find: (text: string) => number, what: string): Promise<string> {
    for (;;) {
      const end = find(this.#buffer);
      if (end > 0) {
        const taken = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end);
        return taken;
      }
      if (this.#ended)
        throw new Error(`The connection ended before ${what} was complete; ${this.#buffer.length} characters of it came.`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#ended = true;
    this.#socket.destroy();
  }
}

/** The position after the first mark; 0 without one. */
function endOf(text: string, mark: string): number {
  const at = text.indexOf(mark);
  return at === -1 ? 0 : at + mark.length;
}
