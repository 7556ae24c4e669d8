import type { AuthRule, RequestView } from "../http/contract.ts";
import type { Principal } from "./contract.ts";
import { errors } from "./errors.ts";

/** Whether a caller may do what the request asks. Only `true` permits. */
export type Permission<Caller extends Principal> = (caller: Caller, request: RequestView) => boolean | Promise<boolean>;

/**
 * Narrows a rule: callers must also have a scope, or satisfy a condition. Rules nest; all of them must permit.
 *
 * The rule's 403 is E_AUTH_FORBIDDEN, which for a scope says which one (RFC 6750, section 3.1).
 *
 * @param rule says who is calling
 * @param requirement a scope such as `"files:write"`, or a condition. What a condition throws is not caught
 * @throws E_AUTH_RULE_INVALID when the scope is not one (RFC 6749, section 3.3)
 * @example
 * const signedIn = bearer({ keys });
 * const canWrite = permit(signedIn, "files:write");
 * const isAdmin = permit(signedIn, (caller) => caller.roles.includes("admin"));
 */
export function permit<Caller extends Principal>(
  rule: AuthRule<Caller>,
  requirement: string | Permission<Caller>,
): AuthRule<Caller> {
  const holds = typeof requirement === "string" ? createScopeCheck(requirement) : requirement;
  const scope = typeof requirement === "string" ? `, error="insufficient_scope", scope="${requirement}"` : "";
  const headers = { "WWW-Authenticate": `${rule.challenge}${scope}` };

  const judge = (allowed: unknown, request: RequestView): true | Promise<true> => {
    if (allowed === true) return true;
    if (allowed instanceof Promise) return allowed.then((later: unknown) => judge(later, request));
    throw errors.FORBIDDEN({ route: request.route }, scope === "" ? {} : { headers });
  };

  return Object.freeze<AuthRule<Caller>>({
    scheme: rule.scheme,
    challenge: rule.challenge,
    ...describeCredentials(rule, scope === "" ? [] : [requirement as string]),
    identify: (request) => rule.identify(request),
    permit(caller, request) {
      const before: unknown = rule.permit === undefined ? true : rule.permit(caller, request);
      if (before instanceof Promise)
        return before.then((earlier: unknown) => judge(earlier === true && holds(caller, request), request));
      return judge(before === true && holds(caller, request), request);
    },
  });
}

type Described = Pick<AuthRule<unknown>, "credentials">;

/** What the document says of the rule, with what this one adds. */
function describeCredentials({ credentials }: Described, added: readonly string[]): Described {
  if (credentials === undefined) return {};
  const { scopes = [], errors: thrown = [] } = credentials;
  return { credentials: { ...credentials, scopes: [...scopes, ...added], errors: [...thrown, errors.FORBIDDEN] } };
}

function createScopeCheck(scope: string): (caller: Principal) => boolean {
  if (!isScope(scope)) throw errors.RULE_INVALID({ reason: `"${scope}" is no scope` });
  return (caller) => caller.scopes.includes(scope);
}

/** `scope-token` of RFC 6749, section 3.3: no spaces, so that nothing passes for two; no quotes, for it is sent in a header. */
export function isScope(text: string): boolean {
  return /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);
}
