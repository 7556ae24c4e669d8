import { findFramingFault } from "../../../security/mod.ts";
import { errors } from "../../errors.ts";
import { toHeaderMap } from "../../pipeline/incoming.ts";
import type { RequestHead } from "../accept.ts";
import { type Refusal, refusalOf } from "../refuse.ts";

/** As on HTTP/1 connections: bytes of names and values, with four for what separates them there. */
const MAX_HEADER_BYTES = 16_384;

/** Fields that speak of a connection, which HTTP/2 does not have (RFC 9113, section 8.2.2). */
const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
]);

/**
 * Reads the head of an HTTP/2 request. It is put as the HTTP/1 request that it means and judged by the same rules, so that neither
 * protocol is a way around them; besides, `host` must say what `:authority` says.
 *
 * @param raw names and values in turn, as received
 * @param endStream whether nothing follows the head
 */
export function readHead(raw: readonly string[], endStream: boolean): RequestHead | Refusal {
  const pseudo = new Map<string, string>();
  const fields: string[] = [];
  const crumbs: string[] = [];
  let bytes = 0;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] as string;
    const value = raw[index + 1] as string;
    bytes += name.length + value.length + 4;
    if (name.startsWith(":")) {
      if (pseudo.has(name)) return malformed("A pseudo-header came twice");
      pseudo.set(name, value);
    } else if (name === "cookie") crumbs.push(value);
    else if (CONNECTION_FIELDS.has(name) || (name === "te" && value !== "trailers")) {
      return malformed(`"${name}" may not be sent over HTTP/2`);
    } else fields.push(name, value);
  }
  if (bytes > MAX_HEADER_BYTES) return refusalOf(errors.HEADERS_TOO_LARGE({}));
  // A browser may send its cookies one by one (RFC 9113, section 8.2.3).
  if (crumbs.length > 0) fields.push("cookie", crumbs.join("; "));
  return judge(pseudo, fields, endStream);
}

function judge(pseudo: ReadonlyMap<string, string>, fields: string[], endStream: boolean): RequestHead | Refusal {
  const authority = pseudo.get(":authority");
  const hosts = fields.filter((_, index) => index % 2 === 1 && fields[index - 1] === "host");
  if (authority !== undefined && hosts.some((host) => host !== authority)) return malformed("host says other than :authority");
  if (authority !== undefined && hosts.length === 0) fields.push("host", authority);
  const scheme = pseudo.get(":scheme");
  if (scheme !== undefined && scheme !== "https" && scheme !== "http") return malformed("The scheme is none of the web");
  const method = pseudo.get(":method") ?? "";
  const url = pseudo.get(":path") ?? "";
  const fault = findFramingFault({ method, target: url, httpVersionMajor: 1, httpVersionMinor: 1, rawHeaders: fields });
  if (fault !== undefined) return fault;
  if (method === "" || pseudo.has(":protocol")) return malformed("The method is missing, or wants a tunnel");
  const headers = toHeaderMap(fields);
  const length = headers["content-length"];
  const bodyLength = endStream ? 0 : length === undefined ? -1 : Number(length);
  // Over HTTP/1 a body is announced by a field, and judged with it.
  if (bodyLength !== 0 && BODILESS.has(method)) return malformed(`A ${method} request has no body`);
  return { method, url, headers, host: headers["host"] ?? "", bodyLength };
}

const BODILESS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

function malformed(reason: string): Refusal {
  return refusalOf(errors.STREAM_MALFORMED({ reason }));
}
