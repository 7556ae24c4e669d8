import { once } from "node:events";
import type { TestContext } from "node:test";
import { type ClientOptions, WebSocket } from "ws";
import { type RawClient, type TestServer, statusesOf } from "../support.ts";

/** A client that keeps what it is told. */
export interface TestSocket {
  readonly socket: WebSocket;
  readonly received: string[];
  /** The code and reason of the end. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  /** Waits until so many messages have come; fails when the connection ends without them. */
  until(count: number): Promise<readonly string[]>;
}

export interface ConnectOptions extends ClientOptions {
  readonly subprotocols?: readonly string[];
}

export async function connect(
  t: TestContext,
  server: TestServer,
  path: string,
  options: ConnectOptions = {},
): Promise<TestSocket> {
  const { subprotocols = [], ...others } = options;
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, [...subprotocols], others);
  const received: string[] = [];
  let changed = (): void => {};
  let over = false;
  socket.on("error", () => {}); // the end says what happened
  socket.on("message", (data: Buffer) => {
    received.push(data.toString("utf8"));
    changed();
  });
  const { promise: closed, resolve } = Promise.withResolvers<{ code: number; reason: string }>();
  socket.on("close", (code, reason) => {
    over = true;
    resolve({ code, reason: reason.toString("utf8") });
    changed();
  });
  t.after(() => socket.terminate());
  await once(socket, "open");
  return {
    socket,
    received,
    closed,
    async until(count) {
      while (received.length < count) {
        if (over) throw new Error(`Closed after ${received.length} of ${count} messages.`);
        await new Promise<void>((wake) => (changed = wake));
      }
      return received;
    },
  };
}

/** A handshake, byte by byte. */
export function handshake(path: string, headers: Readonly<Record<string, string | undefined>> = {}): string {
  const all: Record<string, string | undefined> = {
    Host: "a",
    Upgrade: "websocket",
    Connection: "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).filter(([, value]) => value !== undefined);
  return `GET ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
}

/** What a handshake is answered when it is refused. */
export async function refusal(
  server: TestServer,
  path: string,
  headers: Readonly<Record<string, string | undefined>> = {},
): Promise<{ readonly status: number; readonly code: string; readonly text: string }> {
  const text = await server.exchange(handshake(path, { Connection: "Upgrade", ...headers }));
  return { status: statusesOf(text)[0] ?? 0, code: /"code":"(\w+)"/.exec(text)?.[1] ?? "", text };
}

/** A connection that has become a WebSocket, whose frames a test writes itself. */
export async function openRaw(server: TestServer, path: string): Promise<RawClient> {
  const client = await server.open();
  client.send(handshake(path));
  await client.until("\r\n\r\n");
  client.received = "";
  return client;
}

export interface FrameOptions {
  readonly fin?: boolean;
  readonly reserved?: number;
  readonly opcode: number;
  readonly masked?: boolean;
  readonly payload?: string | Uint8Array;
  /** What the frame says of its length, where that is not the truth. */
  readonly claims?: number;
}

/** One frame as a client sends it (RFC 6455, section 5.2), right or wrong. */
export function frame(options: FrameOptions): Buffer {
  const { fin = true, reserved = 0, opcode, masked = true } = options;
  const payload = Buffer.from(options.payload ?? "");
  const length = options.claims ?? payload.length;
  const mask = Buffer.from([1, 2, 3, 4]);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const bit = masked ? 0x80 : 0;
  if (length < 126) head.push(bit | length);
  else if (length < 65_536) head.push(bit | 126, length >> 8, length & 0xff);
  else head.push(bit | 127, ...[56n, 48n, 40n, 32n, 24n, 16n, 8n, 0n].map((shift) => Number((BigInt(length) >> shift) & 0xffn)));
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, index) => byte ^ (mask[index % 4] as number))]);
}

/** The code of the close frame at the end of what a server sent; undefined when there is none. */
export function closeCodeOf(received: string): number | undefined {
  const bytes = Buffer.from(received, "latin1");
  let code: number | undefined;
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = (bytes[at + 1] as number) & 0x7f;
    const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
    const length = short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    if ((bytes[at] as number) === 0x88) code = length >= 2 ? bytes.readUInt16BE(start) : 1005;
    at = start + length;
  }
  return code;
}
