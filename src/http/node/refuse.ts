import type { Socket } from "node:net";
import { type PlinthError, createId } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { toHeaderText } from "../pipeline/answer-headers.ts";
import { PROBLEM_TYPE, type Problem } from "../problem.ts";
import { http } from "./builtin-http.ts";
import { lingerOnClose } from "./write.ts";

/** Why a connection is ended without its request ever reaching the pipeline. */
export interface Refusal {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/** Answers a malformed request on the bare socket and closes the connection: nothing more of it is read as requests. */
export function refuse(socket: Socket, refusal: Refusal): void {
  if (!socket.writable || socket.destroyed) {
    socket.destroy();
    return;
  }
  const { status } = refusal;
  const { headers, body } = spellRefusal(refusal);
  socket.write(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? "Error"}\r\n${toHeaderText(headers)}connection: close\r\n\r\n${body}`,
  );
  lingerOnClose(socket);
  socket.destroySoon();
}

/** A refusal as an answer: its headers, flat, and its body. */
export function spellRefusal({ code, status, title, detail }: Refusal): {
  readonly headers: readonly string[];
  readonly body: string;
} {
  const requestId = createId();
  const problem: Problem = { type: "about:blank", title, status, detail, code, requestId };
  const body = JSON.stringify(problem);
  const length = String(Buffer.byteLength(body));
  const type = ["content-type", PROBLEM_TYPE, "content-length", length, "x-content-type-options", "nosniff"];
  return { headers: [...type, "cache-control", "no-store", "x-request-id", requestId], body };
}

/** What the parser's own errors mean for the client. The connection ends with each. */
export function parserError(error: Error & { readonly code?: string }): PlinthError {
  const extras = { cause: error, headers: { connection: "close" } };
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return errors.HEADERS_TOO_LARGE({}, extras);
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return errors.REQUEST_MALFORMED({ reason: "A chunk's extensions are too long" }, extras);
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return errors.REQUEST_TIMEOUT({}, extras);
    default:
      return errors.REQUEST_MALFORMED({ reason: "The request is not valid HTTP/1.1" }, extras);
  }
}

export function refusalOf(error: PlinthError): Refusal {
  return { code: error.code, status: error.status ?? 400, title: error.title, detail: error.message };
}
