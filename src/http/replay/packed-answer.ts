import type { KeptAnswer, WholeAnswer, WholeProblem } from "./replay-rule.ts";

/** A kept answer as a store holds it: a text that says all but the body, and the body's bytes. */
export interface PackedAnswer {
  readonly status: number;
  /** JSON. */
  readonly head: string;
  readonly body: Uint8Array | null;
}

/**
 * Fields that are of one exchange, or for one caller's ears. Cookies are secrets that must not lie about in a store; a replay goes
 * without them.
 */
const NOT_KEPT: ReadonlySet<string> = new Set([
  "set-cookie",
  "age",
  "cache-status",
  "ratelimit",
  "ratelimit-policy",
  "server-timing",
  "x-request-id",
]);

interface AnswerHead extends Pick<WholeAnswer, "headers"> {
  readonly kind: "answer";
  readonly etag?: string;
  readonly modified?: number;
  /** The body was a text. */
  readonly text?: true;
}

type ProblemHead = Omit<WholeProblem, "status">;

/** Makes a kept answer fit for a store. Cookies and what belongs to its one exchange are left out. */
export function packAnswer(kept: KeptAnswer): PackedAnswer {
  if (kept.kind === "problem") {
    const { status, ...head } = kept;
    return { status, head: JSON.stringify(head satisfies ProblemHead), body: null };
  }
  const { status, body, etag, modified } = kept;
  const head: AnswerHead = {
    kind: "answer",
    headers: kept.headers.filter((_, index) => !NOT_KEPT.has(kept.headers[index - (index % 2)] as string)),
    ...(etag === undefined ? {} : { etag }),
    ...(modified === undefined ? {} : { modified }),
    ...(typeof body === "string" ? { text: true } : {}),
  };
  return { status, head: JSON.stringify(head), body: typeof body === "string" ? Buffer.from(body) : body };
}

/** The answer that {@link packAnswer} was given, but for what it leaves out. */
export function unpackAnswer({ status, head, body }: PackedAnswer): KeptAnswer {
  const said = JSON.parse(head) as AnswerHead | ProblemHead;
  if (said.kind === "problem") {
    const { code, title, message, faults, headers } = said;
    return { kind: "problem", status, code, title, message, faults, headers };
  }
  const { headers, etag, modified, text } = said;
  return { kind: "answer", status, headers, etag, modified, body: text === true && body !== null ? textOf(body) : body };
}

function textOf(body: Uint8Array): string {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
}
