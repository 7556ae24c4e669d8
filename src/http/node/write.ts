import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Writable } from "node:stream";
import { toHeaderList } from "../pipeline/answer-headers.ts";
import type { Answer, LiveExchange } from "../pipeline/exchange.ts";
import { type OpenSource, isOpenSource } from "../pipeline/stream-source.ts";
import { endInBatch } from "./answer-batch.ts";
import { presetHeader } from "./preset-header.ts";

/** What is left of a body after its request was answered is read away up to here, so that the connection can go on. */
const MAX_LEFTOVER = 262_144;
/** How long a closing connection still reads, so that the client gets the answer instead of a reset (RFC 9112, section 9.6). */
const LINGER_MS = 1_000;

/** Writes an answer to a socket. A body that comes as a stream goes out as fast as the client takes it. */
export function writeAnswer(exchange: LiveExchange, response: ServerResponse, answer: Answer): void {
  const { status, headers, body, length } = answer;
  const message = response.req;
  if (mustClose(message, exchange)) {
    response.shouldKeepAlive = false;
    lingerOnClose(message.socket);
  } else if (!message.complete) {
    // A handler that stopped reading half-way has left the message paused, and the next request behind it.
    message.resume();
  }
  const bodiless = message.method === "HEAD" || status === 204 || status === 304;
  if (bodiless || !isOpenSource(body)) {
    if (typeof headers !== "string" || !presetHeader(response, status, headers)) writeHead(response, status, headers);
    if (isOpenSource(body)) body.close();
    exchange.finish(status, bodiless ? 0 : length);
    endInBatch(response, bodiless || isOpenSource(body) ? null : body, exchange.endedAt);
    return;
  }
  writeHead(response, status, headers);
  pump(exchange, response, status, body).catch((thrown: unknown) => {
    exchange.breakOff(status, thrown);
    response.destroy();
  });
}

function writeHead(response: ServerResponse, status: number, headers: Answer["headers"]): void {
  response.writeHead(status, typeof headers === "string" ? toHeaderList(headers) : (headers as string[]));
}

async function pump(exchange: LiveExchange, response: ServerResponse, status: number, source: OpenSource): Promise<void> {
  response.once("close", () => source.close());
  for (;;) {
    const { done, value } = await source.next();
    if (response.destroyed) return;
    if (done === true) break;
    exchange.bytesOut += typeof value === "string" ? Buffer.byteLength(value) : value.byteLength;
    if (!response.write(value)) await drained(response);
  }
  exchange.finish(status, exchange.bytesOut);
  response.end();
}

/** Resolves when the client has taken enough, or is gone. */
export function drained(response: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

/** A body that was not read to its end, and is too long to read away, ends the connection. */
function mustClose(message: IncomingMessage, exchange: LiveExchange): boolean {
  if (message.complete || exchange.request.bodyLength === 0) return false;
  if (message.headers.expect !== undefined) return true;
  const { bodyLength } = exchange.request;
  return bodyLength === -1 || bodyLength - exchange.transport.bytesRead > MAX_LEFTOVER;
}

/** Makes the close that Node does after the last answer wait a little, reading what the client still sends. */
export function lingerOnClose(socket: Socket): void {
  socket.destroySoon = () => {
    socket.resume();
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
  };
}
