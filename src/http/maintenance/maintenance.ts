import type { Secret } from "../../core/mod.ts";
import { isSameSecret, parseCookies } from "../../security/mod.ts";
import type { Plan } from "../pipeline/exchange.ts";
import type { IncomingRequest } from "../pipeline/incoming.ts";

/** How requests are answered during maintenance. */
export interface MaintenanceOrder {
  /** What callers read. */
  readonly message: string;
  /** When they may try again. */
  readonly retryAfterSeconds: number;
  /** What is served all the same: routes (`/orders/:id`, or `GET /orders/:id` alone) and priorities (`critical`). */
  readonly allow: readonly string[];
  /** Whoever sends it as `Maintenance-Bypass`, header or cookie, is served as ever. */
  readonly bypass: Secret;
}

const BYPASS = "maintenance-bypass";

/** A switch that a handler looks at with every request. Off until it is set. */
export class Maintenance {
  #order: MaintenanceOrder | null = null;
  #allowed: ReadonlySet<string> = new Set();

  /** null while everything is served. */
  get order(): MaintenanceOrder | null {
    return this.#order;
  }

  /** @param order null ends it */
  set(order: MaintenanceOrder | null): void {
    this.#order = order;
    this.#allowed = new Set(order?.allow);
  }

  /** Whether a request is served all the same. */
  admits({ method, path, description }: Plan, request: IncomingRequest): boolean {
    if (this.#order === null) return true;
    const allowed = this.#allowed;
    // What matched no route has no path, and no name to be allowed by.
    if (path !== "" && (allowed.has(path) || allowed.has(`${method} ${path}`) || allowed.has(description.priority))) return true;
    const { [BYPASS]: header, cookie } = request.headers;
    const given = header ?? (cookie === undefined ? undefined : parseCookies(cookie)[BYPASS]);
    return given !== undefined && isSameSecret(given, this.#order.bypass);
  }
}
