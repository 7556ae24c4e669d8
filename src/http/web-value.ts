// perf: naming the globals `Response` and `ReadableStream` makes Node load its fetch implementation: 16 MB and 20 ms in every thread
// (Node 26.10, November 2026). Values of these classes are known by the tag that the web standards give them.

/** Whether a value is a web `Response`. */
export function isResponse(value: unknown): value is Response {
  return tagOf(value) === "Response";
}

/** Whether a value is a web `ReadableStream`. */
export function isReadableStream(value: unknown): value is ReadableStream<Uint8Array> {
  return tagOf(value) === "ReadableStream";
}

function tagOf(value: unknown): unknown {
  return typeof value === "object" && value !== null
    ? (value as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag]
    : undefined;
}
