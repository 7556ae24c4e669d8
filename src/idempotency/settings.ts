import { type Clock, type Duration, type Size, parseDuration, parseSize } from "../core/mod.ts";
import type { AnyExchange } from "../http/contract.ts";
import type { ReplayRoute } from "../http/mod.ts";
import type { IdempotencyStore } from "./contract.ts";
import { errors } from "./errors.ts";

/** How a route treats retries. */
export interface IdempotencyOptions {
  /** Where keys are kept: `createIdempotencyStore({ db })`, or `createMemoryIdempotencyStore()` for one thread. */
  readonly store: IdempotencyStore;
  /** Whether requests without a key are refused. Default true; else they run as if there were no policy. */
  readonly required?: boolean;
  /** How long an answer is kept, from the first request on. Default `"24h"`. */
  readonly ttl?: Duration;
  /**
   * For how long a key stays locked when the process that runs its request dies; renewed while it lives. At least `"100ms"`. Default `"30s"`.
   */
  readonly lease?: Duration;
  /** The longest answer that is kept. A longer one fails. Default `"1mb"`. */
  readonly maxAnswer?: Size;
  /**
   * Methods that take keys; on others, of a group for instance, the policy does nothing. Default POST and PATCH: PUT and DELETE can be
   * repeated anyway, and GET changes nothing.
   */
  readonly methods?: readonly ("POST" | "PATCH" | "PUT" | "DELETE")[];
  /** Whose key it is. Default: the principal's `id`. Required where `auth` is `"public"`. */
  readonly scope?: (c: AnyExchange) => string;
  /**
   * `"around"`: the handler runs in one transaction of the store's database, and the record is written in it. `"handler"`: the handler runs
   * outside and calls `commitAnswer` for the transaction. Default: `"handler"` where the body is streamed, because a transaction must not wait for
   * a client; else `"around"`.
   */
  readonly transaction?: "around" | "handler";
  /**
   * Reads a streamed body that comes again, and returns its SHA-256 in hex, to be compared with what `commitAnswer` was given. Default: the
   * bytes as they came, of which a form sent twice has different ones.
   */
  readonly payload?: (c: AnyExchange) => Promise<string>;
}

/** The options of one route, resolved. Times in milliseconds. */
export interface IdempotencySettings {
  /** Method and path. */
  readonly place: string;
  readonly route: ReplayRoute;
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly required: boolean;
  readonly ttl: number;
  readonly leaseTime: number;
  readonly maxBytes: number;
  readonly around: boolean;
  readonly streamed: boolean;
  readonly scope: IdempotencyOptions["scope"];
  readonly payload: IdempotencyOptions["payload"];
}

const SHORTEST_LEASE = 100;

/** What does not depend on the route. @throws E_IDEMPOTENCY_RULE_INVALID, E_CORE_DURATION_INVALID, E_CORE_SIZE_INVALID */
export function checkOptions(options: IdempotencyOptions): {
  readonly ttl: number;
  readonly leaseTime: number;
  readonly maxBytes: number;
} {
  const { ttl = "24h", lease = "30s", maxAnswer = "1mb", methods } = options;
  const refuse = (reason: string): never => {
    throw errors.RULE_INVALID({ reason });
  };
  if (methods?.length === 0) refuse("it has no `methods`");
  const leaseTime = parseDuration(lease);
  if (leaseTime < SHORTEST_LEASE) refuse(`its \`lease\` is shorter than ${SHORTEST_LEASE} ms`);
  if (parseDuration(ttl) < leaseTime) refuse("its `ttl` is shorter than its `lease`");
  return { ttl: parseDuration(ttl), leaseTime, maxBytes: parseSize(maxAnswer) };
}

/** @throws E_IDEMPOTENCY_SCOPE_MISSING, E_IDEMPOTENCY_RULE_INVALID */
export function resolveSettings(options: IdempotencyOptions, route: ReplayRoute, clock: Clock): IdempotencySettings {
  const { store, scope, payload, required = true } = options;
  const place = `${route.method} ${route.path}`;
  const streamed = route.body === "stream" || route.body === "multipart-stream";
  const { transaction = streamed ? "handler" : "around" } = options;
  if (route.auth === "public" && scope === undefined) throw errors.SCOPE_MISSING({ route: place });
  if (payload !== undefined && !streamed) {
    throw errors.RULE_INVALID({ reason: `it has a \`payload\` function, but ${place} does not stream its body` });
  }
  const around = transaction === "around";
  return { ...checkOptions(options), place, route, store, clock, required, around, streamed, scope, payload };
}
