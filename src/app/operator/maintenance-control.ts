import { randomBytes } from "node:crypto";
import { type Clock, type Duration, Secret, parseDuration } from "../../core/mod.ts";
import type { MaintenanceOrder } from "../../http/mod.ts";
import type { Broadcast } from "../broadcast.ts";
import { orderMaintenance } from "../maintenance-orders.ts";

/** What operators read of the maintenance. */
export interface MaintenanceStatus {
  readonly on: boolean;
  /** When it began, as an ISO 8601 text; undefined while it is off, as is the rest. */
  readonly since?: string;
  readonly message?: string;
  readonly retryAfterSeconds?: number;
  readonly allow?: readonly string[];
  /** What to send as `Maintenance-Bypass` to be served all the same. */
  readonly bypass?: string;
}

export interface MaintenanceRequest {
  readonly message: string;
  readonly retryAfter: Duration;
  readonly allow: readonly string[];
}

const BYPASS_BYTES = 24;

/** Whether the program is under maintenance. Every thread is told, and one that is replaced is told again. */
export class MaintenanceControl {
  readonly #broadcast: Broadcast;
  readonly #clock: Clock;
  #order: MaintenanceOrder | null = null;
  #since = 0;

  constructor(broadcast: Broadcast, clock: Clock) {
    this.#broadcast = broadcast;
    this.#clock = clock;
  }

  /** Begins it, or changes how requests are answered in it; who could bypass it still can. */
  begin({ message, retryAfter, allow }: MaintenanceRequest): MaintenanceStatus {
    if (this.#order === null) this.#since = this.#clock.now();
    const bypass = this.#order?.bypass ?? new Secret(randomBytes(BYPASS_BYTES).toString("base64url"));
    this.#give({ message, retryAfterSeconds: Math.ceil(parseDuration(retryAfter) / 1_000), allow, bypass });
    return this.status;
  }

  end(): MaintenanceStatus {
    this.#give(null);
    return this.status;
  }

  #give(order: MaintenanceOrder | null): void {
    this.#order = order;
    orderMaintenance(this.#broadcast, order);
  }

  get status(): MaintenanceStatus {
    if (this.#order === null) return { on: false };
    return { ...this.#order, on: true, since: new Date(this.#since).toISOString(), bypass: this.#order.bypass.reveal() };
  }
}
