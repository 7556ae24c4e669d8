import type { RequestView } from "../contract.ts";
import { errors } from "../errors.ts";
import { matchesStrongly, matchesWeakly, parseEntityTags, tagOfVersion } from "./etag.ts";
import { formatHttpDate, parseHttpDate } from "./http-date.ts";
import { type SentValidators, type Validators, toSentValidators } from "./validators.ts";

/** What the conditions of a GET or HEAD make of its answer. */
export type Verdict = "send" | "not modified" | "failed";

/** Judges the conditions of a GET or HEAD by the representation that would be sent, in the order of RFC 9110, section 13.2.2. */
export function judgeRead(request: RequestView, current: SentValidators, now: number): Verdict {
  const { headers } = request;
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) {
    if (!someMatch(ifMatch, current.etag, true, matchesStrongly)) return "failed";
  } else if (isModifiedSince(headers["if-unmodified-since"], current.modified, now) === true) return "failed";
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined) return someMatch(ifNoneMatch, current.etag, true, matchesWeakly) ? "not modified" : "send";
  return isModifiedSince(headers["if-modified-since"], current.modified, now) === false ? "not modified" : "send";
}

/**
 * Refuses a change that its caller meant for another version of the resource than the current one: call it before the change is
 * made, best in the same transaction. Without conditions in the request it does nothing; the route's policy `ifMatch: "required"`
 * demands them.
 *
 * A tag that an answer had in some content coding is a tag of its version here.
 *
 * @param current the resource as it is now, or null when there is none
 * @throws E_HTTP_PRECONDITION_FAILED (412), after RFC 9110, section 13.2.2
 * @example
 * route.put("/orders/:id", { auth, body: Order, ifMatch: "required" }, async ({ request, params, body }) => {
 *   const order = await find(params.id);
 *   checkPreconditions(request, order === undefined ? null : { etag: order.version });
 *   return reply.json(200, await save(body), { etag: order.version + 1 });
 * });
 */
export function checkPreconditions(request: RequestView, current: Validators | null): void {
  const { headers } = request;
  const { etag, modified } = current === null ? NOTHING : toSentValidators(current, `${request.method} ${request.route}`);
  const exists = current !== null;
  const ifMatch = headers["if-match"];
  if (ifMatch !== undefined) {
    if (!someMatch(ifMatch, etag, exists, matchesVersion)) throw errors.PRECONDITION_FAILED({});
    // The time of day only tells the century of a date with two digits.
  } else if (isModifiedSince(headers["if-unmodified-since"], modified, Date.now()) === true) throw errors.PRECONDITION_FAILED({});
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined && someMatch(ifNoneMatch, etag, exists, matchesWeakly)) throw errors.PRECONDITION_FAILED({});
}

const NOTHING: SentValidators = { etag: undefined, modified: undefined };

function matchesVersion(sent: string, current: string): boolean {
  return matchesStrongly(sent, current) || matchesStrongly(tagOfVersion(sent), current);
}

type Compare = (sent: string, current: string) => boolean;

/** Whether a list has the current tag. `*` stands for whatever there is; what is no list of tags has none. */
function someMatch(header: string, current: string | undefined, exists: boolean, compare: Compare): boolean {
  if (header.trim() === "*") return exists;
  if (current === undefined) return false;
  return parseEntityTags(header)?.some((tag) => compare(tag, current)) === true;
}

/** Undefined when there is nothing to compare: then the condition is ignored (RFC 9110, section 13.1.3). */
function isModifiedSince(header: string | undefined, modified: number | undefined, now: number): boolean | undefined {
  if (header === undefined || modified === undefined) return undefined;
  const since = parseHttpDate(header, now);
  return since === undefined ? undefined : modified > since;
}

/** Whether a date is exactly when the representation last changed, and that second was over before now. */
function isStrongDate(header: string, modified: number | undefined, now: number): boolean {
  return modified !== undefined && header === formatHttpDate(modified) && now - modified >= 1_000;
}

/**
 * Whether the part that a `Range` asks for belongs to the bytes that the caller has: RFC 9110, section 13.1.5. A date counts only
 * where there is no tag, and only when the second it names is over.
 */
export function mayContinue(request: RequestView, current: SentValidators, now: number): boolean {
  const condition = request.headers["if-range"];
  if (condition === undefined) return true;
  if (current.etag === undefined) return isStrongDate(condition, current.modified, now);
  return matchesStrongly(condition, current.etag);
}
