import { errors } from "./errors.ts";
import type { Fields } from "./typed-request.ts";

/** What a request is made of, its types forgotten. */
export interface RequestParts {
  readonly params?: Fields;
  readonly query?: Fields;
  readonly headers?: Fields;
  readonly body?: unknown;
}

/** Where requests in process go. */
export const ORIGIN = "http://localhost";

/**
 * Makes a request to a route: fills in its path, writes the query, and sends a body that is a value as JSON.
 *
 * @param path the route's template, or a path as it is sent
 * @throws E_TESTING_PARAM_MISSING
 */
export function buildRequest(method: string, path: string, parts: RequestParts): Request {
  const url = new URL(fillPath(path, parts.params ?? {}), ORIGIN);
  for (const [name, value] of Object.entries(parts.query ?? {})) {
    for (const item of [value].flat()) if (item !== undefined) url.searchParams.append(name, String(item));
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(parts.headers ?? {})) {
    for (const item of [value].flat()) if (item !== undefined) headers.append(name, String(item));
  }
  const { body } = parts;
  if (body === undefined) return new Request(url, { method, headers });
  if (isRaw(body)) return new Request(url, { method, headers, body, duplex: "half" });
  if (!headers.has("content-type")) headers.set("content-type", "application/json");
  return new Request(url, { method, headers, body: JSON.stringify(body) });
}

type RawBody = Uint8Array<ArrayBuffer> | URLSearchParams | FormData | ReadableStream;

/** A text is JSON like any other value, unless a route reads its body as a stream; then bytes say so. */
function isRaw(body: unknown): body is RawBody {
  return [Uint8Array, URLSearchParams, FormData, ReadableStream].some((kind) => body instanceof kind);
}

const PARAMETER = /^:([A-Za-z_][A-Za-z0-9_]*)(?:\(.*\))?$/;

/** Slashes, but not those in a parameter's expression. */
const SEGMENTS = /\/(?![^(]*\))/;

function fillPath(template: string, params: Fields): string {
  const valueOf = (parameter: string): string => {
    const value = Object.hasOwn(params, parameter) ? params[parameter] : undefined;
    if (value === undefined || value === "") throw errors.PARAM_MISSING({ path: template, parameter });
    return String(value);
  };
  return template
    .split(SEGMENTS)
    .map((segment) => {
      if (segment === "*") return valueOf("*").split("/").map(encodeURIComponent).join("/");
      const name = PARAMETER.exec(segment)?.[1];
      return name === undefined ? segment : encodeURIComponent(valueOf(name));
    })
    .join("/");
}
