import { createId } from "../core/mod.ts";
import type { AnyExchange } from "../http/contract.ts";
import { type KeptAnswer, type ReplayCall, type ReplayNote, type ReplayRule, type Replayer, unpackAnswer } from "../http/mod.ts";
import { Attempt, RETRY_SOON, announce } from "./attempt.ts";
import { registerAttempt } from "./commit-answer.ts";
import type { ClaimOutcome, IdempotencyRecord } from "./contract.ts";
import { runDetached } from "./detached.ts";
import { errors } from "./errors.ts";
import { claimId, fingerprintOf } from "./fingerprint.ts";
import { KEY_HEADER, KEY_PATTERN, parseKey } from "./key.ts";
import { type IdempotencyOptions, type IdempotencySettings, checkOptions, resolveSettings } from "./settings.ts";

/**
 * Makes a route safe to retry by its `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-06): the first request with a key runs,
 * every later one gets its answer. The record is written in the handler's own transaction, so there is data without a record, or a record without
 * data, at no instant.
 *
 * Refuses with 400 what has no key (or a malformed one), with 409 what comes while the first request runs, with 422 what asks for something
 * else under the same key. A replayed answer says `Idempotent-Replayed: true`.
 *
 * @throws E_IDEMPOTENCY_RULE_INVALID; at boot E_IDEMPOTENCY_SCOPE_MISSING
 * @example
 * const idempotency = idempotent({ store: createIdempotencyStore({ db }) });
 * route.post("/orders", { auth, body: Order, idempotency }, ({ body }) => createOrder(db, body));
 */
export function idempotent(options: IdempotencyOptions): ReplayRule {
  const { maxBytes } = checkOptions(options);
  const { required = true, methods = ["POST", "PATCH"] } = options;
  return Object.freeze<ReplayRule>({
    name: "idempotency",
    methods,
    digest: options.payload === undefined,
    tagged: false,
    maxBytes,
    note: noteOf(required),
    open(route, { clock }): Replayer {
      const settings = resolveSettings(options, route, clock);
      return (call) => {
        const header = call.c.request.headers[KEY_HEADER];
        if (header !== undefined) return decide(call, settings, keyOf(header));
        if (settings.required) throw errors.KEY_MISSING({});
        registerAttempt(call.c, new Attempt(call, settings, undefined));
        return undefined;
      };
    },
  });
}

function keyOf(header: string): string {
  const key = parseKey(header);
  if (key === undefined) throw errors.KEY_MALFORMED({});
  return key;
}

async function decide(call: ReplayCall, settings: IdempotencySettings, key: string): Promise<KeptAnswer | undefined> {
  const { c, payload } = call;
  const { store, clock, ttl, leaseTime, streamed } = settings;
  const id = claimId(settings.route, scopeOf(c, settings), key);
  const fingerprint = fingerprintOf(c.request, streamed ? undefined : payload.digest);
  const claim = { id, owner: createId() };
  const now = Math.floor(clock.now());
  const request = { ...claim, fingerprint, now, leaseUntil: now + leaseTime, expiresAt: now + ttl };
  const outcome = await runDetached(clock, () => store.claim(request));
  if (outcome.state !== "claimed") return answer(call, settings, { fingerprint, outcome });
  const attempt = new Attempt(call, settings, claim);
  registerAttempt(c, attempt);
  return attempt.run();
}

/** @throws E_IDEMPOTENCY_PRINCIPAL_MISSING */
function scopeOf(c: AnyExchange, { scope, place }: IdempotencySettings): string {
  const owner: unknown = scope === undefined ? (c.principal as { readonly id?: unknown } | null | undefined)?.id : scope(c);
  if (typeof owner !== "string" || owner === "") throw errors.PRINCIPAL_MISSING({ route: place });
  return owner;
}

interface Found {
  readonly fingerprint: string;
  readonly outcome: Exclude<ClaimOutcome, { readonly state: "claimed" }>;
}

/** @throws E_IDEMPOTENCY_KEY_REUSED, E_IDEMPOTENCY_IN_FLIGHT */
async function answer(call: ReplayCall, settings: IdempotencySettings, { fingerprint, outcome }: Found): Promise<KeptAnswer> {
  if (outcome.fingerprint !== fingerprint) return refuseReuse(call);
  if (outcome.state === "in flight") {
    announce(call, "in flight");
    throw errors.IN_FLIGHT({}, { headers: RETRY_SOON });
  }
  const { record } = outcome;
  if (settings.streamed && !(await isSamePayload(call, settings, record))) return refuseReuse(call);
  announce(call, "replayed");
  call.addHeader("idempotent-replayed", "true");
  return unpackAnswer(record.answer);
}

function refuseReuse(call: ReplayCall): never {
  announce(call, "reused");
  throw errors.KEY_REUSED({});
}

/** Reads the body that came again, within the route's bounds, and compares. A first body that nobody read to its end has nothing to compare. */
async function isSamePayload(call: ReplayCall, { payload }: IdempotencySettings, record: IdempotencyRecord): Promise<boolean> {
  if (record.payload === null) return true;
  const digest = payload === undefined ? await call.payload.finish() : await payload(call.c);
  return digest === record.payload;
}

function noteOf(required: boolean): ReplayNote {
  const { KEY_MISSING, KEY_MALFORMED, IN_FLIGHT, KEY_REUSED } = errors;
  return {
    headers: [
      {
        name: "Idempotency-Key",
        description:
          "A text in double quotes, new for each operation and the same for each attempt at it, a UUID for instance. A retry gets the answer of the first attempt, with `Idempotent-Replayed: true`.",
        required,
        schema: { type: "string", pattern: KEY_PATTERN, examples: ['"8e03978e-40d5-43dd-bc93-6894a57f9324"'] },
      },
    ],
    errors: [...(required ? [KEY_MISSING] : []), KEY_MALFORMED, IN_FLIGHT, KEY_REUSED],
  };
}
