import { createMemoryIdempotencyStore } from "#src/idempotency/memory-store";
import { idempotent } from "#src/idempotency/idempotent";
import type { IdempotencyOptions } from "#src/idempotency/settings";
import type { AuthRule, Handler, Policies, ReplayRule } from "#src/http/contract";
import { errors as httpErrors } from "#src/http/errors";
import { route } from "#src/http/route";
import { type TestApp, createApp } from "../http/support.ts";

/** Says who calls by the header `x-user`. */
export const byHeader: AuthRule<{ readonly id: string }> = {
  scheme: "test",
  challenge: "Test",
  identify({ headers }) {
    const id = headers["x-user"];
    if (id === undefined) throw httpErrors.FORBIDDEN({});
    return { id };
  },
};

/** A rule over a store in memory. */
export function memoryRule(options: Partial<IdempotencyOptions> = {}): ReplayRule {
  return idempotent({ store: createMemoryIdempotencyStore(), ...options });
}

/** An app whose `POST /orders` takes any JSON and is answered by a handler under a rule. */
export function createOrders(handler: Handler, idempotency = memoryRule(), policies: Policies = {}): Promise<TestApp> {
  return createApp([route.post("/orders", { auth: byHeader, body: anything, idempotency, ...policies }, handler)]);
}

/** A schema that takes everything. */
export const anything = {
  "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
} as const;

/** A request with a key. */
export function order(
  key: string | null,
  body: unknown = { item: "tea" },
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  return {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: {
      "content-type": "application/json",
      "x-user": "ada",
      ...(key === null ? {} : { "idempotency-key": key }),
      ...headers,
    },
  };
}
