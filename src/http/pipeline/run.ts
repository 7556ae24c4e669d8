import { callInContext, isPlinthError } from "../../core/mod.ts";
import { errors } from "../errors.ts";
import { PROBLEM_TYPE, toProblem, toPublicError } from "../problem.ts";
import { composeHeaders } from "./answer-headers.ts";
import type { LiveExchange } from "./exchange.ts";

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
        },
        (thrown: unknown) => fail(exchange, thrown),
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
  const error = errors.DEADLINE_EXCEEDED({});
  exchange.abort(error);
  fail(exchange, error);
}

/** Answers an error as a problem; what nobody foresaw is logged whole and only its id goes out. */
export function fail(exchange: LiveExchange, thrown: unknown): void {
  if (exchange.settled) {
    if (!exchange.ended || isAbort(thrown)) return;
    exchange.log.warn({ error: thrown, route: exchange.plan.path }, "a handler failed after its request had ended");
    return;
  }
  exchange.settled = true;
  const error = toPublicError(thrown, exchange.id);
  const status = error.status ?? 500;
  exchange.errorCode = error.code === "E_HTTP_INTERNAL" && isPlinthError(thrown) ? thrown.code : error.code;
  if (status >= 500 && thrown !== error) exchange.log.error({ error: thrown, route: exchange.plan.path }, "request failed");
  const body = JSON.stringify(toProblem(error, exchange.id, exchange.request.path));
  const length = Buffer.byteLength(body);
  const own = ["content-type", PROBLEM_TYPE, "content-length", String(length)];
  const headers = composeHeaders(exchange, own, Object.entries(error.headers ?? {}).flat());
  exchange.transport.send(exchange, { status, headers, body, length });
}

function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === "AbortError" || isPlinthError(thrown, "E_HTTP_DEADLINE_EXCEEDED"));
}
