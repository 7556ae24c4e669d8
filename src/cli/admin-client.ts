import { hostname, userInfo } from "node:os";
import { createOperatorToken } from "../app/mod.ts";
import { type Secret, systemClock } from "../core/mod.ts";
import { errors } from "./errors.ts";
import { findAdmin } from "./find-admin.ts";
import type { AdminOptions } from "./options.ts";

/** One action of the admin server. */
export interface AdminCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly path: `/-/${string}`;
  /** Sent as JSON. */
  readonly input?: object;
}

const ANSWER_MS = 10_000;
const PROBLEM = "application/problem+json";

/**
 * Asks the running program to do something. Where it listens and what proves that we may is in the same configuration that it was
 * started with; whatever else is there may be faulty by now.
 *
 * @returns what it answered
 * @throws E_CLI_SERVER_UNREACHABLE, E_CLI_SERVER_FOREIGN, E_CLI_KEY_REFUSED, E_CLI_ACTION_REFUSED, E_CLI_ADMIN_PORT_UNKNOWN,
 *   E_CONFIG_INVALID
 */
export async function callAdmin<Answer>(options: AdminOptions, call: AdminCall): Promise<Answer> {
  const { url, keys } = await findAdmin(options);
  // A key that was put in front a moment ago is not known to a server that was started before.
  for (const appKey of keys) {
    const response = await send(url, call, appKey);
    if (response.status === 401 && keys.at(-1) !== appKey) continue;
    return (await readAnswer(url, response)) as Answer;
  }
  throw errors.KEY_REFUSED({ url });
}

async function send(url: string, { method, path, input }: AdminCall, appKey: Secret): Promise<Response> {
  const action = `${method} ${path}`;
  const token = createOperatorToken({ appKey, by: operatorName(), action, now: systemClock.now() });
  try {
    return await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${token}`, ...(input === undefined ? {} : { "content-type": "application/json" }) },
      ...(input === undefined ? {} : { body: JSON.stringify(input) }),
      redirect: "error", // a token is for nobody else
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch (cause) {
    throw errors.SERVER_UNREACHABLE({ url, reason: reasonOf(cause) }, { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  if (cause.name === "TimeoutError") return `it did not answer within ${ANSWER_MS / 1_000} s`;
  const { code } = (cause.cause ?? {}) as { readonly code?: unknown };
  return code === "ECONNREFUSED" ? "nothing listens there" : typeof code === "string" ? code : cause.message;
}

/** @throws E_CLI_SERVER_FOREIGN, E_CLI_KEY_REFUSED, E_CLI_ACTION_REFUSED */
async function readAnswer(url: string, response: Response): Promise<unknown> {
  const text = await response.text();
  const type = response.headers.get("content-type") ?? "";
  const answer = type.startsWith("application/json") || type.startsWith(PROBLEM) ? parse(text) : undefined;
  if (answer === undefined) throw errors.SERVER_FOREIGN({ url, status: response.status });
  if (response.ok) return answer;
  const problem = answer as { readonly code?: string; readonly detail?: string; readonly errors?: readonly never[] };
  if (problem.code === "E_APP_OPERATOR_UNKNOWN") throw errors.KEY_REFUSED({ url });
  const { code = String(response.status), detail = text, errors: faults } = problem;
  throw errors.ACTION_REFUSED({ code, detail }, faults === undefined ? {} : { faults });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** For the audit. A user without a name (a container's arbitrary id) has a number. */
function operatorName(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    return `${process.getuid?.() ?? "somebody"}@${hostname()}`;
  }
}
