import type { Csp } from "../../security/mod.ts";
import type { Coding } from "../compression/coding.ts";
import { compressSource } from "../compression/compress-source.ts";
import { compressBody } from "../compression/compress.ts";
import { tagOfCoding } from "../conditions/etag.ts";
import { formatHttpDate } from "../conditions/http-date.ts";
import { judgeRead } from "../conditions/preconditions.ts";
import type { SentValidators } from "../conditions/validators.ts";
import { errors } from "../errors.ts";
import { isPromise } from "../validation/validate.ts";
import { chooseCoding, setCoding } from "./answer-coding.ts";
import { indexOfHeader, removeHeaders } from "./answer-headers.ts";
import { deliver } from "./deliver.ts";
import { type Draft, isRead } from "./draft-answer.ts";
import type { Answer, LiveExchange } from "./exchange.ts";
import { takeParts } from "./file-parts.ts";
import { type OpenSource, discardResult } from "./stream-source.ts";

/** How the answers of one route are finished. */
export interface FinishRules {
  readonly pageCsp: Csp;
  /** The route's `compress` policy. */
  readonly compress: boolean | undefined;
}

/**
 * Makes a draft the answer: its nonce, its content coding, its version and what the caller's conditions make of it, its parts, and
 * only then its body, which is not opened for an answer that goes without.
 */
export function finishAnswer(exchange: LiveExchange, draft: Draft, rules: FinishRules): void | Promise<void> {
  addNonce(exchange, draft, rules.pageCsp);
  const coding = chooseCoding(exchange, draft, rules.compress);
  if (coding !== null) setCoding(draft, coding);
  if (draft.version !== null && judgeVersion(exchange, draft, draft.version, coding) === "not modified") {
    discardResult(exchange.result);
    removeHeaders(draft.headers, NOT_IN_304);
    return deliver(exchange, { status: 304, headers: draft.headers, body: null, length: 0 });
  }
  if (draft.file !== null && coding === null) takeParts(exchange, draft, draft.file);
  return sendBody(exchange, draft, coding);
}

/** What describes a body that is not sent (RFC 9110, section 15.4.5). */
const NOT_IN_304: ReadonlySet<string> = new Set([
  "content-type",
  "content-length",
  "content-encoding",
  "content-disposition",
  "content-language",
  "content-security-policy", // a page's may carry its nonce, which would not fit the page that is kept
]);

function addNonce(exchange: LiveExchange, draft: Draft, pageCsp: Csp): void {
  const nonce = exchange.usedNonce;
  if (nonce === null) return;
  const at = indexOfHeader(draft.headers, "content-security-policy");
  if (at === -1) draft.headers.push("content-security-policy", pageCsp.withNonce(nonce));
  else draft.headers[at + 1] = pageCsp.withNonce(nonce);
}

/** Says the answer's version, and judges by it whether the caller has it already. */
function judgeVersion(
  exchange: LiveExchange,
  draft: Draft,
  version: SentValidators,
  coding: Coding | null,
): "send" | "not modified" {
  const etag = version.etag === undefined || coding === null ? version.etag : tagOfCoding(version.etag, coding);
  if (etag !== undefined) draft.headers.push("etag", etag);
  if (version.modified !== undefined) draft.headers.push("last-modified", formatHttpDate(version.modified));
  // Conditions are for answers that would have been good ones (RFC 9110, section 13.2.1).
  if (!isRead(exchange) || draft.status >= 300) return "send";
  const now = exchange.services.clock.now();
  const verdict = judgeRead(exchange.request, { etag, modified: version.modified }, now);
  if (verdict === "failed") throw errors.PRECONDITION_FAILED({});
  // A page with a nonce is another one each time.
  return exchange.usedNonce === null ? verdict : "send";
}

function sendBody(exchange: LiveExchange, draft: Draft, coding: Coding | null): void | Promise<void> {
  const { status, headers, length } = draft;
  if (draft.body === null || exchange.request.method === "HEAD") {
    discardResult(exchange.result);
    return deliver(exchange, { status, headers, body: null, length });
  }
  const body = typeof draft.body === "function" ? openBody(draft.body(), coding) : wholeBody(draft.body, length, coding);
  const send = (ready: Exclude<Answer["body"], null>): void => {
    if (coding === null || !(ready instanceof Uint8Array))
      return deliver(exchange, { status, headers, body: ready, length: coding === null ? length : -1 });
    headers.push("content-length", String(ready.byteLength));
    deliver(exchange, { status, headers, body: ready, length: ready.byteLength });
  };
  return isPromise(body) ? Promise.resolve(body).then(send) : send(body);
}

type Whole = string | Uint8Array;

function wholeBody(body: Whole, length: number, coding: Coding | null): Whole | Promise<Uint8Array> {
  return coding === null ? body : compressBody(body, length, coding);
}

function openBody(opened: OpenSource | Promise<OpenSource>, coding: Coding | null): OpenSource | Promise<OpenSource> {
  if (coding === null) return opened;
  return isPromise(opened)
    ? Promise.resolve(opened).then((source) => compressSource(source, coding))
    : compressSource(opened, coding);
}
