import { errors } from "../errors.ts";

/** What a request body may be compressed with. `deflate` is the zlib format, as RFC 9110 section 8.4.1.2 says. */
export type ContentEncoding = "br" | "deflate" | "gzip" | "zstd";

export const CONTENT_ENCODINGS: readonly ContentEncoding[] = ["br", "deflate", "gzip", "zstd"];

/** The encodings that a route takes, from what it declares. */
export function acceptedEncodings(declared: boolean | readonly ContentEncoding[] | undefined): readonly ContentEncoding[] {
  if (declared === true) return CONTENT_ENCODINGS;
  return declared === undefined || declared === false ? [] : declared;
}

/**
 * The one encoding of a body, or null when it has none. Several on top of each other are refused: their ratios multiply.
 *
 * @throws E_HTTP_BODY_ENCODING_UNSUPPORTED
 */
export function findEncoding(header: string | undefined, accepted: readonly ContentEncoding[]): ContentEncoding | null {
  if (header === undefined) return null;
  const name = header.toLowerCase();
  if (name === "identity") return null;
  const encoding = accepted.find((one) => one === name || (one === "gzip" && name === "x-gzip"));
  if (encoding !== undefined) return encoding;
  // RFC 9110 section 12.5.3: a 415 for the encoding says which ones would do.
  const acceptEncoding = accepted.length === 0 ? "identity" : accepted.join(", ");
  throw errors.BODY_ENCODING_UNSUPPORTED({ accepted }, { headers: { "accept-encoding": acceptEncoding } });
}
