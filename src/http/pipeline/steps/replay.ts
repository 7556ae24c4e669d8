import { PlinthError } from "../../../core/mod.ts";
import { kindOf } from "../../body/declared.ts";
import type { ReplayRule, Replayer, Route, RouteContract, RuleResources } from "../../contract.ts";
import { LiveReplayCall, PreparedAnswer } from "../../replay/live-replay-call.ts";
import type { KeptAnswer, ReplayedBody } from "../../replay/replay-rule.ts";
import { draftWhole } from "../draft-answer.ts";
import type { LiveExchange, Step } from "../exchange.ts";
import { type FinishRules, finishAnswer } from "../finish-answer.ts";
import type { ReplySchemas } from "../reply-schemas.ts";

/** The rule that stands before the handler of a route, if there is one for its method. No route has two: they are for different methods. */
export function replayRuleOf(method: string, { idempotency, cache }: RouteContract): ReplayRule | undefined {
  return [idempotency, cache].find((rule) => rule !== undefined && rule !== "none" && rule.methods.includes(method)) as
    | ReplayRule
    | undefined;
}

/** What a rule's step is made of. */
export interface ReplayOptions {
  readonly route: Route;
  readonly contract: RouteContract;
  readonly schemas: ReplySchemas;
  /** Runs the handler. */
  readonly handle: Step;
  readonly resources: RuleResources;
}

/** Lets a rule decide whether the handler runs, and see what it answers. */
export async function compileReplay(rule: ReplayRule, options: ReplayOptions): Promise<Step> {
  const { route, contract, schemas, handle, resources } = options;
  const body: ReplayedBody = contract.body === undefined ? "none" : kindOf(contract.body);
  const { method, path, host = "" } = route;
  const { auth, version = "" } = contract;
  const scheme = auth === "public" ? auth : auth.scheme;
  const replayer: Replayer = await rule.open({ method, path, host, version, auth: scheme, body }, resources);
  const tagged = rule.tagged || contract.etag === "auto";
  const rules = { schemas, tagged, maxBytes: rule.maxBytes, handle, body };
  return (exchange) => {
    const call = new LiveReplayCall(exchange, rules);
    const kept = replayer(call);
    if (kept === undefined) return handle(exchange);
    return kept.then((answer) => (answer === undefined ? (call.ran ? undefined : handle(exchange)) : answerKept(call, answer)));
  };
}

/** @throws the error that was kept */
function answerKept(call: LiveReplayCall, kept: KeptAnswer): void {
  if (kept.kind === "answer") return call.decide(kept);
  throw new PlinthError(kept);
}

/** Sends answers that a rule has seen or given, and leaves everything else to the route's own step. */
export function compilePrepared(answer: Step, rules: FinishRules): Step {
  return (exchange: LiveExchange) => {
    const { result } = exchange;
    if (!(result instanceof PreparedAnswer)) return answer(exchange);
    return finishAnswer(exchange, draftWhole(exchange, result.answer), rules);
  };
}
