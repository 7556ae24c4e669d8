import type { Outcome } from "../channels.ts";

/** Codes that this end closes with, or sees (RFC 6455, section 7.4.1, and the IANA registry). */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** Seen only: the connection ended without a close frame. */
  abnormal: 1006,
  invalidMessage: 1007,
  policy: 1008,
  messageTooBig: 1009,
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

/** Codes by which the other end is at fault: protocol, type, data, policy, size. */
const CLIENT_FAULTS: ReadonlySet<number> = new Set([1002, 1003, 1007, 1008, 1009, 1010]);

/** How a connection ended, seen from the server. */
export function outcomeOfClose(code: number, errorCode: string | undefined): Outcome {
  if (errorCode === "E_HTTP_PEER_SILENT") return "timeout";
  if (code === CLOSE.abnormal) return "aborted";
  if (code === CLOSE.internalError) return "server_error";
  return CLIENT_FAULTS.has(code) ? "client_error" : "ok";
}

/** The code that a fault in the protocol is closed with, by the library's name for the fault. */
export function codeOfFault(fault: string | undefined): number {
  switch (fault) {
    case "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH":
      return CLOSE.messageTooBig;
    case "WS_ERR_INVALID_UTF8":
      return CLOSE.invalidMessage;
    case "WS_ERR_TOO_MANY_BUFFERED_PARTS":
      return CLOSE.policy;
    default:
      return CLOSE.protocolError;
  }
}

/** A code that an application may close with: 1000, or its own range. */
export function isApplicationCode(code: number): boolean {
  return code === CLOSE.normal || (Number.isInteger(code) && code >= 3000 && code <= 4999);
}
