import { once } from "node:events";
import { type TLSSocket, connect } from "node:tls";

export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
} as const;
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const ERROR = {
  protocol: 1,
  internal: 2,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  compression: 9,
  calm: 11,
} as const;
export const PREFACE: Buffer = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** One frame as it stands on the wire (RFC 9113, section 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A head in literals without indexing (RFC 7541, section 6.2.2): plain to write, and every decoder takes it. */
export function block(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const digits = [127];
  let left = bytes.length - 127;
  for (; left >= 128; left = Math.floor(left / 128)) digits.push((left % 128) + 128);
  return Buffer.concat([Buffer.from([...digits, left]), bytes]);
}

/** The pseudo-headers of a request, and what else it says. */
export function request(path = "/x", more: readonly (readonly [string, string])[] = [], method = "GET"): Buffer {
  return block([[":method", method], [":scheme", "https"], [":authority", "localhost"], [":path", path], ...more]);
}

/** So long a client waits for what must come. */
const WAIT_MS = 5_000;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** An HTTP/2 client that writes whatever a test wants, and keeps the frames that come back. */
export class FrameClient {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #changed = Promise.withResolvers<void>();
  ended = false;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on("error", () => socket.destroy()); // a reset is one way for the server to close
    socket.on("data", (chunk: Buffer) => this.#read(chunk));
    socket.on("close", () => {
      this.ended = true;
      this.#wake();
    });
  }

  /** @param preface what the client says first; by default a proper preface with empty settings */
  static async open(
    port: number,
    preface: Uint8Array = Buffer.concat([PREFACE, frame(TYPE.settings, 0, 0)]),
  ): Promise<FrameClient> {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["h2"] });
    await once(socket, "secureConnect");
    const client = new FrameClient(socket);
    client.send(preface);
    return client;
  }

  send(...bytes: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const end = 9 + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < end) break;
      const [type, flags] = [this.#rest.readUInt8(3), this.#rest.readUInt8(4)];
      this.frames.push({ type, flags, stream: this.#rest.readUInt32BE(5), payload: this.#rest.subarray(9, end) });
      this.#rest = this.#rest.subarray(end);
    }
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers<void>();
  }

  /** The first frame that fits; undefined when the connection ended without one. Fails when neither comes for a while. */
  async find(fits: (frame: Frame) => boolean): Promise<Frame | undefined> {
    const timer = setTimeout(() => {
      this.#changed.reject(
        new Error(`nothing came but ${JSON.stringify(this.frames.map(({ type, stream }) => [type, stream]))}`),
      );
    }, WAIT_MS);
    try {
      for (;;) {
        const found = this.frames.find(fits);
        if (found !== undefined || this.ended) return found;
        await this.#changed.promise;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the connection has ended. */
  async closed(): Promise<void> {
    await this.find(() => false);
  }

  /** Error code of the GOAWAY that ends the connection; undefined when it ended without a word. */
  async goaway(): Promise<number | undefined> {
    return (await this.find(({ type }) => type === TYPE.goaway))?.payload.readUInt32BE(4);
  }

  /** Error code of a stream's reset. */
  async reset(stream: number): Promise<number | undefined> {
    return (await this.find((one) => one.type === TYPE.reset && one.stream === stream))?.payload.readUInt32BE(0);
  }

  /** Status of a stream's answer, if its head is plain enough to be read: 200 and 400 are in the static table of HPACK. */
  async status(stream: number): Promise<number | undefined> {
    const head = await this.find((one) => one.type === TYPE.headers && one.stream === stream);
    const first = head?.payload[0];
    return first === undefined ? undefined : ({ 0x88: 200, 0x8c: 400, 0x8d: 404, 0x8e: 500 } as const)[first as 0x88];
  }

  close(): void {
    this.socket.destroy();
  }
}
