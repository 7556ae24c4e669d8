import type { Clock, Secret, SegmentTable } from "../../core/mod.ts";
import type { Logger } from "../../log/contract.ts";
import type { Broadcast } from "../broadcast.ts";
import type { AnyApp, BaseConfig, ThreadRole } from "../contract.ts";
import { isShared, listenOptions } from "../listener-options.ts";
import type { LostRequests } from "./lost-requests.ts";
import type { ThreadPool } from "./thread-pool.ts";
import { ThreadSlot } from "./thread-slot.ts";

export interface ThreadSlotsOptions {
  readonly app: AnyApp;
  readonly pool: ThreadPool;
  readonly config: BaseConfig;
  readonly appKeys: readonly Secret[];
  readonly port: number;
  readonly doorbell: SharedArrayBuffer;
  readonly memory: SegmentTable;
  readonly log: Logger;
  readonly clock: Clock;
  readonly broadcast: Broadcast;
  /** Is told of the requests that were under way when a thread died. */
  readonly onLost: (lost: LostRequests) => void;
}

/** A slot for each thread that the configuration asks for. */
export function createThreadSlots(options: ThreadSlotsOptions): readonly ThreadSlot[] {
  const { app, config, log, clock, memory, doorbell, pool, broadcast, onLost } = options;
  const names: (readonly [ThreadRole, number])[] = [
    ["http", config.role === "jobs" ? 0 : httpThreads(config, log)],
    ["jobs", config.role === "http" || app.background === undefined ? 0 : config.jobThreads],
  ];
  const members = names.flatMap(([role, count]) =>
    Array.from({ length: count }, (_, index) => ({ role, name: `${role}-${index}` })),
  );
  const data = {
    service: app.name,
    threads: members.length,
    appKeys: options.appKeys.map((key) => key.reveal()),
    environment: config.environment,
    listen: listenOptions(config, options.port),
    doorbell,
  };
  const shared = { data, memory, clock, log, pool, broadcast, onLost };
  const slots = members.map(({ role, name }) => new ThreadSlot({ name, role, ...shared }));
  broadcast.relayTo((topic, value) => {
    for (const slot of slots) slot.tell(topic, value);
  });
  return slots;
}

function httpThreads({ httpThreads: wanted, host }: BaseConfig, log: Logger): number {
  if (wanted <= 1 || isShared(host)) return wanted;
  log.warn({ wanted, host }, "threads cannot share this listener: one http thread serves");
  return 1;
}
