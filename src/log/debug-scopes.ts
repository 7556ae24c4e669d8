import type { LogLevel } from "./contract.ts";
import { GRAVITY } from "./level.ts";

/** Whose lines are let through below the threshold: those of requests and jobs of which all that is named here is so. */
export interface DebugScope {
  /** A route's template, `/files/:id`, or a job's name. */
  readonly route?: string | undefined;
  /** Id of the principal. Lines before it is known are not let through. */
  readonly principal?: string | undefined;
  readonly requestId?: string | undefined;
  /** The client's address in canonical form. */
  readonly address?: string | undefined;
  /** The least grave level that is let through. */
  readonly level: "debug" | "trace";
}

/** What a scope is held against: the running request or job, or one that has ended. */
export interface ScopeSubject {
  readonly id: string;
  readonly operation: string;
  readonly principalId?: string | undefined;
  readonly address?: string | undefined;
}

/**
 * Lets lines of some requests through at `debug` or `trace` while all others stay at the logger's threshold. Shared by a logger and all
 * its children, also those that were assigned a level of their own; empty until it is set.
 *
 * perf: without a scope a line below the threshold costs one comparison, one above it nothing.
 */
export class DebugScopes {
  #scopes: readonly DebugScope[] = [];
  #floor = Infinity;

  /** Gravity of the least grave line that any scope lets through. */
  get floor(): number {
    return this.#floor;
  }

  /** Replaces all scopes. How many there may be is the caller's to bound. */
  set(scopes: readonly DebugScope[]): void {
    this.#scopes = scopes;
    this.#floor = Math.min(...scopes.map((scope) => GRAVITY[scope.level]));
  }

  /** Whether a line of this level is let through for this request or job. */
  admits(level: LogLevel, subject: ScopeSubject | undefined): boolean {
    if (GRAVITY[level] < this.#floor || subject === undefined) return false;
    return this.#scopes.some((scope) => GRAVITY[level] >= GRAVITY[scope.level] && isWithin(subject, scope));
  }
}

function isWithin(subject: ScopeSubject, { route, principal, requestId, address }: DebugScope): boolean {
  return (
    (route === undefined || route === subject.operation) &&
    (principal === undefined || principal === subject.principalId) &&
    (requestId === undefined || requestId === subject.id) &&
    (address === undefined || address === subject.address)
  );
}
