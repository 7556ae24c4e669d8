import type { Cors } from "../../../security/mod.ts";
import { requestShed } from "../../channels.ts";
import { errors } from "../../errors.ts";
import type { LoopLoad } from "../../overload/loop-load.ts";
import { type Priority, rankOf } from "../../overload/priority.ts";
import { RouteLoad } from "../../overload/route-load.ts";
import { PROBLEM_TYPE, toProblem } from "../../problem.ts";
import { composeHeaderText, composeHeaders } from "../answer-headers.ts";
import type { CountedWork, LiveExchange, Shed } from "../exchange.ts";

/** What is known of a route when its shedding is compiled. */
export interface ShedOptions {
  readonly priority: Priority;
  readonly loop: LoopLoad;
  /** Whether its requests end by themselves: those without a deadline (uploads, long polls) are under way for as long as they like. */
  readonly bounded: boolean;
  readonly cors: Cors | null;
}

/**
 * Compiles the first rule of a route: under an overload its requests are refused before any work, those of low priority first.
 * None for what is never refused.
 */
export function compileShed({ priority, loop, bounded, cors }: ShedOptions): Shed | null {
  const rank = rankOf(priority);
  if (rank === -1) return null;
  const byLoop: Why = { priority, reason: "loop" };
  if (!bounded) return (exchange) => !loop.admits(rank, exchange.startedAt) && refuse(exchange, cors, byLoop);
  const byRoute: Why = { priority, reason: "route" };
  const route = new RouteLoad();
  const work: CountedWork = {
    left(milliseconds, now) {
      route.left(milliseconds, now);
      loop.left(now);
    },
  };
  return (exchange) => {
    const { startedAt } = exchange;
    if (!route.admits(rank, startedAt)) return refuse(exchange, cors, byRoute);
    if (!loop.admits(rank, startedAt)) return refuse(exchange, cors, byLoop);
    route.entered();
    loop.entered();
    exchange.work = work;
    return false;
  };
}

interface Why {
  readonly priority: Priority;
  readonly reason: "loop" | "route";
}

// perf: a refusal must cost next to nothing. Its body and most of its headers stand ready; no error is thrown, nothing is parsed.
const ID_LENGTH = 36;
const [BODY_START, BODY_END] = JSON.stringify(toProblem(errors.OVERLOADED({}), "\u0000")).split("\\u0000") as [string, string];
const BODY_LENGTH = Buffer.byteLength(BODY_START + BODY_END) + ID_LENGTH;
/** Seconds after which to try again: different ones, so that not all who were refused come back together. */
const RETRY_AFTER: readonly string[] = ["1", "2", "3", "4", "5"];

function refuse(exchange: LiveExchange, cors: Cors | null, { priority, reason }: Why): true {
  const { id, plan, services, transport, request } = exchange;
  services.activity.started(plan.index);
  exchange.errorCode = errors.OVERLOADED.code;
  const { extraHeaders } = exchange;
  extraHeaders.push("retry-after", RETRY_AFTER[Math.floor(Math.random() * RETRY_AFTER.length)] as string);
  const origin = request.headers["origin"];
  // A page elsewhere could not tell this answer from a broken network.
  if (cors !== null && origin !== undefined) {
    extraHeaders.push(...cors.decide({ origin, allowedMethods: [plan.method] }).headers);
  }
  if (requestShed.hasSubscribers) requestShed.publish({ handler: services.handler, route: plan.path, priority, reason });
  const body = BODY_START + id + BODY_END;
  const length = id.length === ID_LENGTH ? BODY_LENGTH : Buffer.byteLength(body);
  const headers = transport.takesText
    ? composeHeaderText(exchange, PROBLEM_TYPE, length)
    : composeHeaders(exchange, ["content-type", PROBLEM_TYPE, "content-length", String(length)], []);
  exchange.settled = true;
  transport.send(exchange, { status: 503, headers, body, length });
  return true;
}
