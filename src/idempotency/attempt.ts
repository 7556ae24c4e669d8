import { isPlinthError } from "../core/mod.ts";
import { type KeptAnswer, type ReplayCall, type WholeAnswer, type WholeProblem, packAnswer } from "../http/mod.ts";
import { type IdempotencyOutcome, idempotencyDecided } from "./channels.ts";
import type { Claim } from "./contract.ts";
import { runDetached } from "./detached.ts";
import { errors } from "./errors.ts";
import { Lease } from "./lease.ts";
import type { IdempotencySettings } from "./settings.ts";

/** Thrown to undo a transaction whose handler answered that it failed. The answer itself goes out. */
const UNDO: Error = new Error("The handler answered that it failed.");

/** Statuses that say nothing of the operation, only of the moment. */
const OF_THE_MOMENT: ReadonlySet<number> = new Set([408, 425, 429]);
/** The body did not arrive: the operation was never seen whole. */
const NOT_ARRIVED: ReadonlySet<string> = new Set(["E_HTTP_BODY_INTERRUPTED", "E_HTTP_UPLOAD_GONE"]);

export interface CommitOptions {
  /** SHA-256, in hex, of a body that was streamed, for rules with a `payload` function. */
  readonly payload?: string;
}

/** One run of a handler under a rule: with a claim, or without one where a request has no key. */
export class Attempt {
  readonly #call: ReplayCall;
  readonly #settings: IdempotencySettings;
  readonly #claim: Claim | undefined;
  #inTransaction = false;
  #recorded = false;

  constructor(call: ReplayCall, settings: IdempotencySettings, claim: Claim | undefined) {
    this.#call = call;
    this.#settings = settings;
    this.#claim = claim;
  }

  /** Runs the handler and keeps its answer. @returns undefined: what the handler returned is answered */
  async run(): Promise<undefined> {
    const { store, clock, leaseTime } = this.#settings;
    const lease = new Lease(this.#held(), { store, clock, log: this.#call.c.log, length: leaseTime });
    try {
      const { signal } = this.#call.c;
      if (signal.aborted) throw signal.reason;
      const kept = await (this.#settings.around ? this.#runAround() : this.#runInside());
      if (!kept) await this.#release();
      this.#announce(kept ? "ran" : "not kept");
    } catch (thrown) {
      await this.#failed(thrown);
      throw thrown;
    } finally {
      lease.end();
    }
  }

  /** Runs a function in a transaction and writes its result's answer as the record. */
  async commit<Result>(run: () => Promise<Result>, { payload }: CommitOptions): Promise<Result> {
    const { store } = this.#settings;
    if (this.#inTransaction) return run();
    if (this.#claim === undefined) return store.transact(run, { retry: true });
    let result: { readonly value: Result } | undefined;
    const kept = await this.#undoable(async () => {
      const value = await run();
      result = { value };
      await this.#record(await this.#call.preview(value), payload);
    }, true);
    this.#recorded = kept;
    return (result as unknown as { readonly value: Result }).value;
  }

  /** The handler and the record in one transaction. */
  async #runAround(): Promise<boolean> {
    this.#inTransaction = true;
    return this.#undoable(async () => this.#record(await this.#call.run()), !this.#settings.streamed);
  }

  /** The handler outside of any transaction; it calls `commit` itself. */
  async #runInside(): Promise<boolean> {
    const answer = await this.#call.run();
    if (this.#recorded) return true;
    if (answer === null) throw this.#unstorable();
    if (answer.status >= 500) return false;
    const { c } = this.#call;
    if (answer.status < 400) {
      c.log.warn({ route: c.request.route }, "an idempotent answer was kept after its data: call commitAnswer() in the handler");
    }
    return this.#finishAlone(answer);
  }

  /** False when it was undone because the answer says that it failed. */
  async #undoable(run: () => Promise<void>, retry: boolean): Promise<boolean> {
    try {
      await this.#settings.store.transact(run, { retry });
      return true;
    } catch (thrown) {
      if (thrown === UNDO) return false;
      throw thrown;
    }
  }

  async #record(answer: WholeAnswer | null, payload?: string): Promise<void> {
    if (answer === null) throw this.#unstorable();
    if (answer.status >= 500) throw UNDO;
    const record = { answer: packAnswer(answer), payload: this.#payload(payload) };
    if (!(await this.#settings.store.finish(this.#held(), record))) throw errors.CLAIM_LOST({}, { headers: RETRY_SOON });
  }

  #payload(given: string | undefined): string | null {
    const { streamed, payload } = this.#settings;
    if (!streamed) return null;
    return given ?? (payload === undefined ? this.#call.payload.digest : undefined) ?? null;
  }

  /** Keeps an answer to which no data belong. */
  #finishAlone(answer: KeptAnswer): Promise<boolean> {
    const { store, clock } = this.#settings;
    const record = { answer: packAnswer(answer), payload: this.#payload(undefined) };
    return runDetached(clock, () => store.finish(this.#held(), record));
  }

  /** What the handler did is undone. What it threw is the operation's result if it is the caller's fault; else the key is free again. */
  async #failed(thrown: unknown): Promise<void> {
    const { c } = this.#call;
    const lost = isPlinthError(thrown, errors.CLAIM_LOST.code);
    const problem = lost ? undefined : this.#call.problemOf(thrown);
    try {
      const kept = problem !== undefined && isResult(problem) && (await this.#finishAlone(problem));
      if (!kept) await this.#release();
      this.#announce(lost ? "lost" : kept ? "ran" : "not kept");
    } catch (error) {
      c.log.warn({ error, route: c.request.route }, "an idempotency key was not given back; its lease will run out");
    }
  }

  #release(): Promise<void> {
    const { store, clock } = this.#settings;
    return runDetached(clock, () => store.release(this.#held()));
  }

  #held(): Claim {
    return this.#claim as Claim;
  }

  #unstorable(): Error {
    return errors.ANSWER_UNSTORABLE({ route: this.#settings.place, maxBytes: this.#settings.maxBytes });
  }

  #announce(outcome: IdempotencyOutcome): void {
    announce(this.#call, outcome);
  }
}

/** Seconds after which the answer of another attempt may be there. */
export const RETRY_SOON: Readonly<Record<string, string>> = Object.freeze({ "retry-after": "1" });

export function announce({ c }: ReplayCall, outcome: IdempotencyOutcome): void {
  if (!idempotencyDecided.hasSubscribers) return;
  idempotencyDecided.publish({ route: c.request.route, method: c.request.method, outcome });
}

/** Whether the operation has a result, and a bad one; not whether it was merely the wrong moment. */
function isResult({ status, code }: WholeProblem): boolean {
  return !OF_THE_MOMENT.has(status) && !NOT_ARRIVED.has(code);
}
