import type { ServerResponse } from "node:http";
import { http } from "./builtin-http.ts";

// perf: Node spells and checks every header of every answer, 12 of the 54 µs that a bare request with these headers costs (November 2026). Ours are
// known to be valid: prebuilt and checked at boot, made of digits, or checked by composeHeaders. So they are given as one text, in the field
// where Node keeps the text it spells itself. That field is not documented: where it is not found as expected, Node spells the headers.

/** The part of a response that Node does not document. */
interface Spelled {
  _header: string | null;
  readonly _headerSent: boolean;
  readonly _hasBody: boolean;
}

const CAN_PRESET: boolean = findsField();
const KEEP_ALIVE = "Connection: keep-alive\r\nKeep-Alive: timeout=";

let dateSecond = 0;
let dateLine = "";

/**
 * Sets all headers of a whole answer at once, if this answer and this Node allow it.
 *
 * @param lines the headers, each with its line end
 * @returns false when the headers must be set one by one
 */
export function presetHeader(response: ServerResponse, status: number, lines: string): boolean {
  const { req, shouldKeepAlive } = response;
  if (!CAN_PRESET || !shouldKeepAlive || req.httpVersionMinor !== 1 || req.method === "HEAD") return false;
  const spelled = response as unknown as Spelled;
  response.statusCode = status;
  const idle = `${KEEP_ALIVE}${idleSeconds(response)}\r\n`;
  spelled._header = `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? "Unknown"}\r\n${lines}Date: ${httpDate()}\r\n${idle}\r\n`;
  return true;
}

function idleSeconds(response: ServerResponse): number {
  const { _keepAliveTimeout: milliseconds = 5_000 } = response as ServerResponse & { _keepAliveTimeout?: number };
  return Math.floor(milliseconds / 1_000);
}

/** The time as RFC 9110, section 5.6.7, spells it, worked out once a second. */
function httpDate(): string {
  const now = Date.now();
  const second = Math.floor(now / 1_000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateLine = new Date(now).toUTCString();
  }
  return dateLine;
}

function findsField(): boolean {
  const probe = new http.ServerResponse({
    method: "GET",
    httpVersionMajor: 1,
    httpVersionMinor: 1,
  } as never) as unknown as Spelled;
  return probe._header === null && !probe._headerSent && probe._hasBody;
}
