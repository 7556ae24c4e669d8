import type { Problem } from "../http/mod.ts";
import type { Refusal, Success } from "./call.ts";
import { isJson } from "./encode-request.ts";
import { errors } from "./errors.ts";

const EXCERPT = 200;

/** Reads an answer to its end and says what it is. What cannot be read is told by `unreadable`, which throws. */
export async function readAnswer(
  response: Response,
  maxBytes: number,
  unreadable: (reason: string, cause?: unknown) => Error,
): Promise<Success<number, unknown> | Refusal<number, unknown, string>> {
  const { status, headers } = response;
  const type = headers.get("content-type") ?? "";
  if (response.type === "opaqueredirect") throw unreadable("it leads elsewhere, and redirects are not followed");
  const bytes = await readBytes(response, maxBytes, unreadable);
  const failed = status >= 400;
  const data = bytes.byteLength === 0 ? undefined : decode(bytes, type, failed ? undefined : unreadable);
  if (!failed) return { ok: true, status, headers, data };
  if (type.startsWith("application/problem+json") && isProblem(data)) {
    return { ok: false, status, headers, data: undefined, problem: data };
  }
  return { ok: false, status, headers, data, problem: missingProblem(status, headers, data) };
}

async function readBytes(
  response: Response,
  maxBytes: number,
  unreadable: (reason: string, cause?: unknown) => Error,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) break;
    size += value.byteLength;
    if (size > maxBytes) {
      await reader?.cancel();
      throw unreadable(`it has more than ${maxBytes} bytes; raise \`answerLimit\`, or take it as a stream with \`fetch\``);
    }
    chunks.push(value);
  }
  return concat(chunks, size);
}

function concat(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** An error's JSON may be broken, of a proxy for instance: it is a text then, and no reason to hide the status. */
function decode(bytes: Uint8Array, type: string, unreadable: ((reason: string, cause?: unknown) => Error) | undefined): unknown {
  if (!isJson(type)) return unreadable === undefined || type.startsWith("text/") ? new TextDecoder().decode(bytes) : bytes;
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    if (unreadable === undefined) return text;
    throw unreadable(`its type is ${type}, and it is no JSON`, cause);
  }
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && typeof (value as { code?: unknown }).code === "string";
}

function missingProblem(status: number, headers: Headers, data: unknown): Problem {
  const text = data === undefined ? "" : typeof data === "string" ? data : (JSON.stringify(data) ?? "");
  const { code, title, message } = errors.PROBLEM_MISSING({ status, excerpt: text.slice(0, EXCERPT) });
  return { type: "about:blank", title, status, detail: message, code, requestId: headers.get("x-request-id") ?? "" };
}
