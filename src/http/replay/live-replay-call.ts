import { EMPTY_DIGEST } from "../body/body-digest.ts";
import type { AnyExchange, ReplayCall } from "../contract.ts";
import type { LiveExchange, Step } from "../pipeline/exchange.ts";
import { discardResult } from "../pipeline/stream-source.ts";
import { toPublicError } from "../problem.ts";
import type { ReplayPayload, ReplayedBody, WholeAnswer, WholeProblem } from "./replay-rule.ts";
import { type Taken, type WholeRules, takeWhole } from "./whole-answer.ts";

/** A result that has become an answer already. */
export class PreparedAnswer {
  readonly answer: WholeAnswer;

  constructor(answer: WholeAnswer) {
    this.answer = answer;
  }
}

/** What the calls of one route share. */
export interface CallRules extends WholeRules {
  readonly handle: Step;
  readonly body: ReplayedBody;
}

/** One request in the hands of a rule. */
export class LiveReplayCall implements ReplayCall, ReplayPayload {
  readonly #exchange: LiveExchange;
  readonly #rules: CallRules;
  /** Whether the handler has run. */
  ran = false;
  #decided = false;
  #previewed: { readonly result: unknown; readonly taken: Taken } | null = null;

  constructor(exchange: LiveExchange, rules: CallRules) {
    this.#exchange = exchange;
    this.#rules = rules;
  }

  get c(): AnyExchange {
    return this.#exchange;
  }

  get payload(): ReplayPayload {
    return this;
  }

  get digest(): string | undefined {
    const { digest } = this.#exchange;
    // A request without a body leaves nothing to hash.
    return digest === null ? EMPTY_DIGEST : digest.value;
  }

  async finish(): Promise<string | undefined> {
    const { body } = this.#rules;
    if (this.digest !== undefined) return this.digest;
    if (body === "stream") await drain(this.#exchange.body as AsyncIterable<unknown>);
    else if (body === "multipart-stream")
      await drainParts(this.#exchange.body as AsyncIterable<{ stream?: AsyncIterable<unknown> }>);
    return this.digest;
  }

  addHeader(name: string, value: string): void {
    this.#exchange.extraHeaders.push(name, value);
  }

  async run(): Promise<WholeAnswer | null> {
    this.ran = true;
    const exchange = this.#exchange;
    const earlier = exchange.result;
    await this.#rules.handle(exchange);
    const { result } = exchange;
    if (earlier !== undefined && earlier !== result) discardResult(earlier);
    const previewed = this.#previewed;
    this.#previewed = null;
    const known = previewed !== null && previewed.result === result;
    const taken = known ? previewed.taken : await takeWhole(exchange, this.#rules, result);
    // Another answer went out meanwhile, and this one was only to be kept.
    if (this.#decided && taken.whole === null) discardResult(taken.rest);
    else if (!this.#decided) exchange.result = taken.whole === null ? taken.rest : new PreparedAnswer(taken.whole);
    return taken.whole;
  }

  async preview(result: unknown): Promise<WholeAnswer | null> {
    const taken = await takeWhole(this.#exchange, this.#rules, result);
    // A response that was read for this is not there to be read again.
    this.#previewed = { result, taken };
    return taken.whole;
  }

  problemOf(thrown: unknown): WholeProblem | undefined {
    const { status, code, title, message, faults, headers } = toPublicError(thrown, this.#exchange.id);
    if (status === undefined || status >= 500) return undefined;
    return { kind: "problem", status, code, title, message, faults, headers };
  }

  /** Has this answered in the handler's place. */
  decide(answer: WholeAnswer): void {
    const { result } = this.#exchange;
    this.#decided = true;
    this.#exchange.result = new PreparedAnswer(answer);
    discardResult(result);
  }
}

async function drain(chunks: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of chunks);
}

async function drainParts(parts: AsyncIterable<{ readonly stream?: AsyncIterable<unknown> }>): Promise<void> {
  for await (const { stream } of parts) if (stream !== undefined) await drain(stream);
}
