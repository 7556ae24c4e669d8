import type { ServerHttp2Stream } from "node:http2";
import type { IncomingBody } from "../body.ts";

/** A stream that also says what a body reader asks of a message. */
export type BodyStreamOfRequest = ServerHttp2Stream & IncomingBody;

/** Makes a stream tell when its body is complete, and what its trailers were. */
export function followBody(stream: ServerHttp2Stream, endStream: boolean): BodyStreamOfRequest {
  const followed = Object.assign(stream, { complete: endStream, rawTrailers: [] as string[] });
  if (endStream) {
    stream.resume(); // nothing will come, and only a stream that was read to its end closes
    return followed;
  }
  stream.on("trailers", (_fields: unknown, _flags: unknown, raw?: string[]) => {
    followed.rawTrailers = raw ?? [];
  });
  stream.on("end", () => {
    followed.complete = true;
  });
  return followed;
}
