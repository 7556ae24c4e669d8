import type { Clock, Secret } from "../../core/mod.ts";
import { isSameSecret } from "../../security/mod.ts";
import type { LoopLoad } from "../overload/loop-load.ts";
import type { LiveExchange, Plan, Step } from "./exchange.ts";
import type { IncomingRequest } from "./incoming.ts";
import { StepTimes } from "./step-times.ts";

/**
 * Who is told, in a `Server-Timing` field, how long the steps of a request took: everybody (`"always"`, for development), nobody
 * (`"off"`), or whoever sends this secret as `Server-Timing-Key`. Times tell strangers what a server does and for whom.
 */
export type ServerTiming = "always" | "off" | Secret;

/** A step and what operators read of it. Steps of one name are added up. */
export type NamedStep = readonly [name: string, step: Step];

export interface TimingTools {
  readonly clock: Clock;
  readonly loop: LoopLoad | null;
}

/** The request header that carries the secret. */
const KEY_HEADER = "server-timing-key";

/** Gives a plan its form that measures its steps, where one is wanted: in its place, or beside it. */
export function withTiming(plan: Plan, steps: readonly NamedStep[], timing: ServerTiming, tools: TimingTools): Plan {
  if (timing === "off") return plan;
  const timed: Plan = { ...plan, steps: timeSteps(steps, tools) };
  return timing === "always" ? timed : { ...plan, timed };
}

/** Which form of a plan a request gets. @returns null where no plan has two forms */
export function createTimingChoice(timing: ServerTiming): ((plan: Plan, request: IncomingRequest) => Plan) | null {
  if (typeof timing === "string") return null;
  return (plan, request) => {
    const key = request.headers[KEY_HEADER];
    return key === undefined || plan.timed === null || !isSameSecret(key, timing) ? plan : plan.timed;
  };
}

/** The last step sends the answer, and with it what was measured until then. */
function timeSteps(steps: readonly NamedStep[], tools: TimingTools): readonly Step[] {
  const [, answer] = steps.at(-1) as NamedStep;
  const timed = steps.slice(0, -1).map(([name, step]) => timeStep(name, step, tools));
  return [
    ...timed,
    (exchange) => {
      tell(exchange, timesOf(exchange, tools));
      return answer(exchange);
    },
  ];
}

function timeStep(name: string, step: Step, tools: TimingTools): Step {
  return (exchange) => {
    const times = timesOf(exchange, tools);
    const began = tools.clock.monotonic();
    const failed = (thrown: unknown): never => {
      times.add(name, began);
      tell(exchange, times);
      throw thrown;
    };
    let pending: void | Promise<void>;
    try {
      pending = step(exchange);
    } catch (thrown) {
      return failed(thrown);
    }
    if (pending !== undefined) return pending.then(() => times.add(name, began), failed);
    times.add(name, began);
  };
}

/** Adds the field to whatever answer comes, once. */
function tell(exchange: LiveExchange, times: StepTimes): void {
  const text = times.tell(exchange.startedAt);
  if (text !== null) exchange.extraHeaders.push("server-timing", text);
}

function timesOf(exchange: LiveExchange, { clock, loop }: TimingTools): StepTimes {
  return (exchange.times ??= new StepTimes(clock, loop?.waited(exchange.startedAt) ?? 0));
}
