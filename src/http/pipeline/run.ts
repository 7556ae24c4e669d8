import { type PlinthError, callInContext, isPlinthError } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { PROBLEM_TYPE, toProblem, toPublicError } from "../problem.ts";
import { composeHeaders } from "./answer-headers.ts";
import type { LiveExchange } from "./exchange.ts";
import { discardResult } from "./stream-source.ts";

/** Runs a plan from its first step to its answer. Never throws: what goes wrong is answered. */
export function runExchange(exchange: LiveExchange): void {
  const { plan, services } = exchange;
  services.activity.started(plan.index);
  if (plan.deadlines !== null) {
    exchange.onExpire = expire;
    plan.deadlines.add(exchange, exchange.startedAt);
  }
  callInContext(exchange, begin, exchange);
}

function begin(exchange: LiveExchange): void {
  advance(exchange, 0);
}

/** Takes steps as long as they are synchronous; a step that waits continues here when it is done. */
function advance(exchange: LiveExchange, from: number): void {
  const { plan, services } = exchange;
  services.activity.entered(plan.index);
  try {
    for (let index = from; index < plan.steps.length; index++) {
      const pending = (plan.steps[index] as (typeof plan.steps)[number])(exchange);
      if (pending === undefined) continue;
      pending.then(
        () => {
          if (!exchange.settled) advance(exchange, index + 1);
          // The last step has sent the result, or has seen itself that nobody waits for it.
          else if (index < plan.steps.length - 1) discardResult(exchange.result);
        },
        (thrown: unknown) => {
          if (exchange.settled) discardResult(exchange.result);
          fail(exchange, thrown);
        },
      );
      return;
    }
  } catch (thrown) {
    fail(exchange, thrown);
  } finally {
    services.activity.left();
  }
}

function expire(exchange: LiveExchange): void {
  cutShort(exchange, errors.DEADLINE_EXCEEDED({}));
}

/** Answers an error from outside the plan while the plan may still run, and tells what runs to stop. */
export function cutShort(exchange: LiveExchange, error: PlinthError): void {
  exchange.abort(error);
  fail(exchange, error);
}

/** Answers an error as a problem; what nobody foresaw is logged whole and only its id goes out. */
export function fail(exchange: LiveExchange, thrown: unknown): void {
  try {
    answerError(exchange, thrown);
  } catch (cause) {
    // Reading the error, or its headers, failed in turn: somebody made it so on purpose or by mistake.
    answerError(exchange, new Error("An error was thrown that cannot be answered as it is.", { cause }));
  }
}

function answerError(exchange: LiveExchange, thrown: unknown): void {
  if (exchange.settled) {
    if (!exchange.ended || isEndOfRequest(thrown)) return;
    exchange.log.warn({ error: thrown, route: exchange.plan.path }, "a handler failed after its request had ended");
    return;
  }
  const error = toPublicError(thrown, exchange.id);
  const status = error.status ?? 500;
  const body = JSON.stringify(toProblem(error, exchange.id, exchange.request.path));
  const length = Buffer.byteLength(body);
  const own = ["content-type", PROBLEM_TYPE, "content-length", String(length)];
  const headers = composeHeaders(exchange, own, Object.entries(error.headers ?? {}).flat());
  exchange.settled = true;
  exchange.errorCode = error.code === "E_HTTP_INTERNAL" && isPlinthError(thrown) ? thrown.code : error.code;
  if (status >= 500 && thrown !== error) exchange.log.error({ error: thrown, route: exchange.plan.path }, "request failed");
  // In the problem there may be less than is known here: why a token was refused, what a schema threw.
  else if (exchange.log.isEnabled("debug")) exchange.log.debug({ error: thrown, route: exchange.plan.path }, "request refused");
  discardResult(exchange.result);
  exchange.transport.send(exchange, { status, headers, body, length });
}

const ENDS_OF_REQUEST: ReadonlySet<string> = new Set([
  "E_HTTP_DEADLINE_EXCEEDED",
  "E_HTTP_CUT_OFF",
  "E_HTTP_BODY_INTERRUPTED",
  "E_HTTP_UPLOAD_GONE",
]);

/** What handlers throw because their request has ended, and not the other way round. */
function isEndOfRequest(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false;
  if (thrown.name === "AbortError") return true;
  return isPlinthError(thrown) && ENDS_OF_REQUEST.has(thrown.code);
}
