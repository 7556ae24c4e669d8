import { type ErrorCatalogue, type ErrorCode, defineErrors } from "../core/mod.ts";

interface Details {
  ROUTES_INVALID: { faults: number };
  REPLY_INVALID: { route: string; status: number };
  REPLY_UNDECLARED: { route: string; status: number };
  REPLY_STATUS_INVALID: { route: string; status: number };
  REPLY_HEADER_INVALID: { route: string; name: string };
  REDIRECT_EXTERNAL: { target: string };
  FOLDER_MISSING: { path: string };
  REQUEST_MALFORMED: { reason: string };
  STREAM_MALFORMED: { reason: string };
  REQUEST_INVALID: { faults: number };
  REQUEST_TIMEOUT: object;
  HEADERS_TOO_LARGE: object;
  PATH_MALFORMED: object;
  HOST_MISDIRECTED: { host: string };
  ROUTE_NOT_FOUND: { path: string };
  METHOD_NOT_ALLOWED: { method: string; allow: string };
  ORIGIN_REFUSED: object;
  RATE_LIMITED: { policy: string; seconds: number };
  LIMIT_UNDECIDED: { policy: string };
  CALLER_BLOCKED: object;
  FORBIDDEN: object;
  VERSION_UNKNOWN: { header: string; version: string | undefined; versions: readonly string[] };
  GONE: { sunset: string };
  PRECONDITION_FAILED: object;
  PRECONDITION_REQUIRED: object;
  RANGE_UNSATISFIABLE: { size: number };
  BODY_TOO_LARGE: { limit: number };
  BODY_TYPE_UNSUPPORTED: { accepted: readonly string[] };
  BODY_CHARSET_UNSUPPORTED: { charset: string };
  BODY_ENCODING_UNSUPPORTED: { accepted: readonly string[] };
  BODY_RATIO_EXCEEDED: { ratio: number };
  BODY_MALFORMED: { reason: string };
  MULTIPART_LIMIT_EXCEEDED: { what: string; limit: number };
  PART_UNSUPPORTED: { what: string };
  FILE_TOO_LARGE: { name: string; limit: number };
  FILE_TYPE_UNSUPPORTED: { name: string; found: string; accepted: readonly string[] };
  FILE_RULE_INVALID: { name: string; reason: string };
  UPLOAD_GONE: { name: string };
  BODY_INTERRUPTED: object;
  TRAILER_FORBIDDEN: { name: string };
  DEADLINE_EXCEEDED: object;
  CUT_OFF: object;
  EVENT_INVALID: { reason: string };
  LAST_EVENT_ID_INVALID: object;
  CLIENT_SLOW: { bytes: number };
  LIVE_LIMIT: { limit: number };
  OVERLOADED: object;
  MAINTENANCE: { message: string };
  BROADCAST_INVALID: { name: string };
  BROADCAST_TOO_LARGE: { name: string; bytes: number; limit: number };
  BROADCAST_BUSY: { name: string };
  BROADCAST_STOPPED: { name: string };
  LIVE_LIMIT_INVALID: { limit: number; most: number };
  UPGRADE_REQUIRED: object;
  HANDSHAKE_INVALID: { reason: string };
  MESSAGE_INVALID: { reason: string };
  MESSAGE_RATE: object;
  MESSAGE_UNSENDABLE: { route: string; reason: string };
  WEBSOCKET_MALFORMED: object;
  PEER_SILENT: object;
  SHUTTING_DOWN: object;
  INTERNAL: { requestId: string };
}

/** Codes of problems that a caller must expect of any route: this room's, and those of guards and of what parses requests. */
export type ProblemCode = ErrorCode<"http", keyof Details> | `E_${"AUTH" | "SECURITY"}_${string}`;

/** The errors of the http room. */
export const errors: ErrorCatalogue<Details, "http"> = defineErrors<Details, "http">("http", {
  ROUTES_INVALID: {
    title: "Routes refused",
    message: (d) => `The app does not start: ${d.faults} fault(s) in its routes. Each is listed with the route it is in.`,
  },
  REPLY_INVALID: {
    title: "Reply does not fit its schema",
    message: (d) =>
      `The handler of ${d.route} answered ${d.status} with a value that its reply schema refuses. Fix the handler or the schema.`,
  },
  REPLY_UNDECLARED: {
    title: "Reply status not declared",
    message: (d) => `The handler of ${d.route} answered ${d.status}, for which the route declares no reply schema. Declare it.`,
  },
  REPLY_STATUS_INVALID: {
    title: "Reply status not sendable",
    message: (d) => `The handler of ${d.route} answered ${d.status}, which is no final HTTP status. Use 200 to 599.`,
  },
  REPLY_HEADER_INVALID: {
    title: "Reply header not sendable",
    message: (d) =>
      `The handler of ${d.route} set the header ${JSON.stringify(d.name)}, which has a forbidden name or character, or which only the server may set. Escape the value, or leave the header out.`,
  },
  // Targets come from callers: whoever wrote one down has tried it.
  REDIRECT_EXTERNAL: {
    status: 400,
    title: "Redirect leaves the site",
    message: (d) =>
      `The redirect to "${d.target}" would leave this site. Ask for a path of the site. (A handler that means another site says \`external: true\`.)`,
  },
  FOLDER_MISSING: {
    title: "Folder missing",
    message: (d) =>
      `The app does not start: it is to serve the files in ${d.path}, which is no folder. Create it, or correct the path.`,
  },
  REQUEST_MALFORMED: { status: 400, title: "Malformed request", message: (d) => `${d.reason}. The connection is closed.` },
  STREAM_MALFORMED: { status: 400, title: "Malformed request", message: (d) => `${d.reason}. The stream is closed.` },
  REQUEST_INVALID: {
    status: 400,
    title: "Invalid request",
    message: (d) => `${d.faults} value(s) of the request are missing or wrong; see \`errors\`.`,
  },
  REQUEST_TIMEOUT: {
    status: 408,
    title: "Request timed out",
    message: () => "The request did not arrive in time. Send it again, faster or in smaller parts.",
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    title: "Request header fields too large",
    message: () => "The request's header fields are too large or too many.",
  },
  PATH_MALFORMED: {
    status: 400,
    title: "Malformed path",
    message: () => "The path has a percent sign that starts no valid UTF-8 escape.",
  },
  HOST_MISDIRECTED: {
    status: 421,
    title: "Misdirected request",
    message: (d) => `This server does not answer for ${d.host === "" ? "a request without a host" : `"${d.host}"`}.`,
  },
  ROUTE_NOT_FOUND: { status: 404, title: "Not found", message: (d) => `There is no route for ${d.path}.` },
  METHOD_NOT_ALLOWED: {
    status: 405,
    title: "Method not allowed",
    message: (d) => `This path does not answer ${d.method}. It answers ${d.allow}.`,
  },
  ORIGIN_REFUSED: {
    status: 403,
    title: "Cross-site request refused",
    message: () => "A browser sent this request from another site, which this route does not allow.",
  },
  RATE_LIMITED: {
    status: 429,
    title: "Too many requests",
    message: (d) => `The limit "${d.policy}" is used up. Try again in ${d.seconds} s.`,
  },
  LIMIT_UNDECIDED: {
    status: 503,
    title: "Limit cannot be counted",
    message: (d) => `The limit "${d.policy}" cannot be counted now, and nothing passes uncounted. Try again soon.`,
  },
  CALLER_BLOCKED: { status: 403, title: "Caller blocked", message: () => "This caller is blocked." },
  FORBIDDEN: { status: 403, title: "Forbidden", message: () => "These credentials do not allow this request." },
  VERSION_UNKNOWN: {
    status: 400,
    title: "Unknown API version",
    message: (d) =>
      `${d.version === undefined ? `Name a version in the header "${d.header}": the default one has no such route` : `There is no version ${JSON.stringify(d.version)} of this route`}. There is ${d.versions.join(", ")}.`,
  },
  GONE: {
    status: 410,
    title: "Gone",
    message: (d) =>
      `This route was deprecated, and ended on ${d.sunset}. See its Link header, if it has one, for what to use instead.`,
  },
  PRECONDITION_FAILED: {
    status: 412,
    title: "Precondition failed",
    message: () =>
      "What this request was meant for is not the current version. Fetch it again, and repeat the request with its `ETag` if it still applies.",
  },
  PRECONDITION_REQUIRED: {
    status: 428,
    title: "Precondition required",
    message: () =>
      "Say which version this request is meant for: `If-Match` with the `ETag` that you have, or `If-None-Match: *` for what must not exist yet.",
  },
  RANGE_UNSATISFIABLE: {
    status: 416,
    title: "Range not satisfiable",
    message: (d) => `None of the ranges asked for lies within the ${d.size} bytes of this file.`,
  },
  BODY_TOO_LARGE: {
    status: 413,
    title: "Body too large",
    message: (d) => `The body is larger than the ${d.limit} bytes that this route accepts.`,
  },
  BODY_TYPE_UNSUPPORTED: {
    status: 415,
    title: "Unsupported media type",
    message: (d) => `Send the body as ${d.accepted.join(" or ")}, and say so in Content-Type.`,
  },
  BODY_CHARSET_UNSUPPORTED: {
    status: 415,
    title: "Unsupported charset",
    message: (d) => `The server does not read "${d.charset}". Send the text as UTF-8.`,
  },
  BODY_ENCODING_UNSUPPORTED: {
    status: 415,
    title: "Unsupported content encoding",
    message: (d) =>
      d.accepted.length === 0
        ? "Send the body without Content-Encoding."
        : `Send the body without Content-Encoding, or with one of ${d.accepted.join(", ")}.`,
  },
  BODY_RATIO_EXCEEDED: {
    status: 413,
    title: "Body compressed too much",
    message: (d) => `The body grows more than ${d.ratio} times when it is decompressed. Send it uncompressed.`,
  },
  BODY_MALFORMED: { status: 400, title: "Malformed body", message: (d) => d.reason },
  MULTIPART_LIMIT_EXCEEDED: {
    status: 413,
    title: "Too much in the form",
    message: (d) => `The multipart body has more than ${d.limit} ${d.what}.`,
  },
  PART_UNSUPPORTED: {
    status: 415,
    title: "Unsupported part",
    message: (d) => `A part of the multipart body has ${d.what} that the server does not read. Send parts as they are.`,
  },
  FILE_TOO_LARGE: {
    status: 413,
    title: "File too large",
    message: (d) => `A file under ${JSON.stringify(d.name)} is larger than the ${d.limit} bytes that are accepted there.`,
  },
  FILE_TYPE_UNSUPPORTED: {
    status: 415,
    title: "Unsupported file type",
    message: (d) =>
      `A file under ${JSON.stringify(d.name)} is ${d.found} by its content. Accepted there: ${d.accepted.join(", ")}.`,
  },
  FILE_RULE_INVALID: {
    title: "File rule refused",
    message: (d) => `The rule for files under ${JSON.stringify(d.name)} is no rule: ${d.reason}.`,
  },
  UPLOAD_GONE: {
    title: "Upload gone",
    message: (d) => `The file under ${JSON.stringify(d.name)} is gone: its request has ended. Read it before you answer.`,
  },
  BODY_INTERRUPTED: { status: 400, title: "Body interrupted", message: () => "The connection ended before the body did." },
  TRAILER_FORBIDDEN: {
    status: 400,
    title: "Forbidden trailer",
    message: (d) => `"${d.name}" may not be sent as a trailer. The connection is closed.`,
  },
  CUT_OFF: {
    status: 503,
    title: "Cut off",
    message: () =>
      "The server stopped, and the request was not done in the time that it had left. It may have been carried out in part.",
  },
  DEADLINE_EXCEEDED: {
    status: 503,
    title: "Deadline exceeded",
    message: () =>
      "The request took longer than the server allows. It may have been carried out in part; check before you repeat it.",
  },
  EVENT_INVALID: {
    title: "Event not sendable",
    message: (d) => `An event cannot be sent: ${d.reason}. The stream breaks off. Fix what makes the event.`,
  },
  LAST_EVENT_ID_INVALID: {
    status: 400,
    title: "Invalid Last-Event-ID",
    message: () => "The Last-Event-ID is no id that this server sends. Connect again without it.",
  },
  CLIENT_SLOW: {
    title: "Client too slow",
    message: (d) => `A client left more than ${d.bytes} bytes waiting and was disconnected. It may connect again.`,
  },
  LIVE_LIMIT: {
    status: 503,
    title: "Too many open connections",
    message: (d) => `The server keeps ${d.limit} event streams and WebSockets open, and no more. Try again later.`,
  },
  OVERLOADED: {
    status: 503,
    title: "Overloaded",
    message: () => "This server has more to do than time. Nothing was done: try again after the seconds in Retry-After.",
  },
  MAINTENANCE: { status: 503, title: "Down for maintenance", message: (d) => d.message },
  BROADCAST_INVALID: {
    title: "Broadcast refused",
    message: (d) => `A broadcast's name has 1 to 64 lower-case letters, digits and hyphens; "${d.name}" does not.`,
  },
  BROADCAST_TOO_LARGE: {
    title: "Event too large",
    message: (d) =>
      `An event of ${d.bytes} bytes does not go into the broadcast "${d.name}", which takes ${d.limit}. Let it \`keep\` more, or publish less.`,
  },
  BROADCAST_BUSY: {
    status: 503,
    title: "Broadcast busy",
    message: (d) => `The broadcast "${d.name}" cannot be written to now. Try again.`,
  },
  BROADCAST_STOPPED: {
    title: "Broadcast not running",
    message: (d) => `The broadcast "${d.name}" is not running. Return it from \`services\`, or call its start().`,
  },
  LIVE_LIMIT_INVALID: {
    title: "Limit of open connections refused",
    message: (d) => `A \`liveLimit\` is a whole number from 1 to ${d.most}; ${d.limit} is not.`,
  },
  UPGRADE_REQUIRED: {
    status: 426,
    title: "Upgrade required",
    message: () => "This route is a WebSocket: connect with `Upgrade: websocket`, version 13, over HTTP/1.1.",
  },
  HANDSHAKE_INVALID: {
    status: 400,
    title: "Invalid WebSocket handshake",
    message: (d) => `The WebSocket handshake is at fault: ${d.reason}.`,
  },
  MESSAGE_INVALID: {
    title: "Invalid message",
    message: (d) => `A message is at fault: ${d.reason}`,
  },
  MESSAGE_RATE: { title: "Too many messages", message: () => "More messages came than the limit allows." },
  MESSAGE_UNSENDABLE: {
    title: "Message not sendable",
    message: (d) => `The handler of ${d.route} cannot send a message: ${d.reason}. Fix the handler or the schema.`,
  },
  WEBSOCKET_MALFORMED: {
    title: "WebSocket protocol fault",
    message: () => "What a client sent breaks the WebSocket protocol. Its connection is closed; the close code says by what.",
  },
  PEER_SILENT: {
    title: "No sign of life",
    message: () => "A WebSocket's client answered no ping and was cut off.",
  },
  SHUTTING_DOWN: {
    status: 503,
    title: "Shutting down",
    message: () => "This server is shutting down. Try again: another one will answer.",
  },
  INTERNAL: {
    status: 500,
    title: "Internal error",
    message: (d) => `Something failed on the server. Quote the request id ${d.requestId} when you report it.`,
  },
});
