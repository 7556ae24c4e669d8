import type { AnyExchange } from "../http/contract.ts";
import type { Attempt, CommitOptions } from "./attempt.ts";
import { errors } from "./errors.ts";

export type { CommitOptions } from "./attempt.ts";

const attempts = new WeakMap<object, Attempt>();

export function registerAttempt(c: AnyExchange, attempt: Attempt): void {
  attempts.set(c, attempt);
}

/**
 * Runs a function in a transaction of the store's database, and writes what it returns as the answer of this request in the same transaction. For
 * handlers that run outside of one (`transaction: "handler"`), because they stream a body or call others first. The handler must answer what this
 * returns.
 *
 * The function may be run again after a deadlock: it only does what the transaction undoes. Without a key in the request it is a plain
 * transaction.
 *
 * @throws E_IDEMPOTENCY_POLICY_MISSING; E_IDEMPOTENCY_CLAIM_LOST when another attempt took its place, and nothing was kept
 * @example
 * route.post("/files", { auth, body: bodyStream(), idempotency }, async (c) => {
 *   const file = await disk.write(c.body);
 *   return commitAnswer(c, async () => reply.created(await addFile(db, file)));
 * });
 */
export async function commitAnswer<Result>(
  c: AnyExchange,
  run: () => Promise<Result>,
  options: CommitOptions = {},
): Promise<Result> {
  const attempt = attempts.get(c);
  if (attempt === undefined) throw errors.POLICY_MISSING({ route: `${c.request.method} ${c.request.route}` });
  return attempt.commit(run, options);
}
