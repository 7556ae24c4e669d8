import { type Fields, listFields } from "./fields.ts";
import type { RawBody } from "./call.ts";
import type { ParamValues } from "./template.ts";

/** What a call is made of, its types forgotten. */
export interface CallParts {
  readonly params?: ParamValues;
  readonly query?: Fields;
  readonly headers?: Fields;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** Headers of a call: those of every call, then its own, which win. */
export function encodeHeaders(...layers: readonly Fields[]): Headers {
  const headers = new Headers();
  for (const layer of layers) {
    const fields = [...listFields(layer)];
    for (const [name] of fields) headers.delete(name);
    for (const [name, value] of fields) headers.append(name, value);
  }
  return headers;
}

type EncodedBody = { readonly body?: RawBody | string; readonly duplex?: "half" };

/**
 * A body that is a value goes out as JSON, a text too, unless Content-Type says that it is another kind of text. What is bytes or a form
 * already travels as it is.
 */
export function encodeBody(body: unknown, headers: Headers): EncodedBody {
  if (body === undefined) return {};
  const type = headers.get("content-type");
  if (isRaw(body)) {
    const isForm = body instanceof URLSearchParams || body instanceof FormData || (body instanceof Blob && body.type !== "");
    if (type === null && !isForm) headers.set("content-type", "application/octet-stream");
    return { body, duplex: "half" };
  }
  if (typeof body === "string" && type !== null && !isJson(type)) return { body };
  if (type === null) headers.set("content-type", "application/json");
  return { body: JSON.stringify(body) };
}

function isRaw(body: unknown): body is RawBody {
  return [Uint8Array, Blob, URLSearchParams, FormData, ReadableStream].some((kind) => body instanceof kind);
}

/** Whether a media type is JSON, or one of the types made of it. */
export function isJson(type: string): boolean {
  return /^application\/(?:[\w.-]+\+)?json\b/i.test(type);
}
