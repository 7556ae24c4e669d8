import { isUtf8 } from "node:buffer";
import { parseMediaType } from "../../security/mod.ts";
import { checkCharset } from "../body/whole-body.ts";
import { errors } from "../errors.ts";
import type { PartLimits } from "./settings.ts";

/** What the header fields of a part say. */
export interface PartHead {
  readonly name: string;
  /** As the client sent it; undefined when the part is a field. */
  readonly filename: string | undefined;
  /** Media type in lower case, without parameters; empty when none is said, or none that is one. */
  readonly declaredType: string;
}

// RFC 9110 section 5.5: visible characters and blanks; a line that begins with a blank would be a fold, which is obsolete.
const LINE = /^([\w!#$%&'*+\-.^`|~]+):[ \t]*((?:[^\u0000-\u0008\u000a-\u001f\u007f])*)$/;
// RFC 6266 section 4.1, but for text in UTF-8, which is what browsers send. The alternatives exclude each other: linear.
const PARAMETER = /[ \t]*;[ \t]*([\w!#$%&'*+\-.^`|~]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+\-.^`|~]+))/y;
const FORM_DATA = /^form-data(?=[ \t;]|$)/i;
/** RFC 7578 section 4.7: deprecated, and only what changes nothing is understood. */
const TRANSFER_ENCODINGS: ReadonlySet<string> = new Set(["", "7bit", "8bit", "binary"]);

/**
 * Reads the header block of a part, strictly: what a filter in front could read otherwise is refused.
 *
 * @throws E_HTTP_BODY_MALFORMED, E_HTTP_PART_UNSUPPORTED, E_HTTP_BODY_CHARSET_UNSUPPORTED, E_HTTP_MULTIPART_LIMIT_EXCEEDED
 */
export function parsePartHead(block: Buffer, limits: PartLimits): PartHead {
  if (!isUtf8(block)) throw malformed("has header fields that are not valid UTF-8");
  const headers = parseLines(block.toString("utf8"), limits.headers);
  const encoding = headers.get("content-transfer-encoding") ?? "";
  if (!TRANSFER_ENCODINGS.has(encoding.toLowerCase())) throw errors.PART_UNSUPPORTED({ what: "Content-Transfer-Encoding" });
  const { name, filename } = parseDisposition(headers.get("content-disposition"));
  if (Buffer.byteLength(name) > limits.nameBytes)
    throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "bytes in a part's name", limit: limits.nameBytes });
  const media = parseMediaType(headers.get("content-type") ?? "");
  // A part that holds parts of its own (RFC 2388) is obsolete (RFC 7578 section 4.3).
  if (media?.type.startsWith("multipart/") === true) throw errors.PART_UNSUPPORTED({ what: "multipart content" });
  if (filename === undefined) checkCharset(media?.charset);
  return { name, filename, declaredType: media?.type ?? "" };
}

function parseLines(text: string, limit: number): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  const lines = text === "" ? [] : text.split("\r\n");
  if (lines.length > limit) throw errors.MULTIPART_LIMIT_EXCEEDED({ what: "header fields in a part", limit });
  for (const line of lines) {
    const match = LINE.exec(line);
    if (match === null) throw malformed("has a malformed header field");
    const name = (match[1] as string).toLowerCase();
    if (headers.has(name)) throw malformed("has a header field twice");
    headers.set(name, (match[2] as string).trimEnd());
  }
  return headers;
}

function parseDisposition(value: string | undefined): { readonly name: string; readonly filename: string | undefined } {
  const start = FORM_DATA.exec(value ?? "");
  if (value === undefined || start === null) throw malformed("has no `Content-Disposition: form-data`");
  const parameters = new Map<string, string>();
  for (let position = start[0].length; position < value.length; position = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = position;
    const match = PARAMETER.exec(value);
    if (match === null) throw malformed("has a malformed Content-Disposition");
    const parameter = (match[1] as string).toLowerCase();
    if (parameters.has(parameter)) throw malformed("has a parameter of Content-Disposition twice");
    parameters.set(parameter, match[3] ?? unquote(match[2] as string));
  }
  const name = parameters.get("name");
  if (name === undefined) throw malformed("has no name");
  const filename = parameters.get("filename");
  // RFC 7578 section 4.2 forbids it. Beside a plain `filename` some clients send it all the same: it is not looked at.
  if (filename === undefined && parameters.has("filename*")) throw malformed("has `filename*` in the place of `filename`");
  return { name, filename };
}

/** Browsers write a quote as %22 (HTML, section 4.10.21.8), others escape it; any other backslash is a part of a name. */
function unquote(text: string): string {
  return text.replaceAll(/\\(["\\])/g, "$1").replaceAll("%22", '"');
}

function malformed(what: string): Error {
  return errors.BODY_MALFORMED({ reason: `A part of the multipart body ${what}.` });
}
