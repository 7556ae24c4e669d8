import type { Clock } from "../core/mod.ts";
import { errors } from "./errors.ts";
import type { GenerationTable } from "./generation-table.ts";
import type { MemoryTier } from "./memory-tier.ts";
import type { Pulse } from "./pulse.ts";
import type { StoreGuard } from "./store-guard.ts";
import type { ThreadSiblings } from "./thread-siblings.ts";
import type { TransactionTouches } from "./transaction-touches.ts";

/** What exists while a cache runs. */
export interface RunningParts {
  readonly generations: GenerationTable;
  readonly siblings: ThreadSiblings;
  readonly guard: StoreGuard | undefined;
}

export interface EngineOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly pulse: Pulse;
  readonly memory: MemoryTier;
  readonly touches: TransactionTouches;
  /** Milliseconds. */
  readonly leaseTime: number;
  /** Names this thread among all machines, for people. */
  readonly holder: string;
}

/** What all namespaces of a cache share in a thread. */
export class Engine {
  readonly name: string;
  readonly clock: Clock;
  readonly pulse: Pulse;
  readonly memory: MemoryTier;
  readonly touches: TransactionTouches;
  readonly leaseTime: number;
  readonly holder: string;
  #parts: RunningParts | undefined;

  constructor(options: EngineOptions) {
    this.name = options.name;
    this.clock = options.clock;
    this.pulse = options.pulse;
    this.memory = options.memory;
    this.touches = options.touches;
    this.leaseTime = options.leaseTime;
    this.holder = options.holder;
  }

  set parts(parts: RunningParts | undefined) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#parts !== undefined;
  }

  /** @throws E_CACHE_NOT_STARTED */
  get generations(): GenerationTable {
    return (this.#parts ?? this.#refuse()).generations;
  }

  get siblings(): ThreadSiblings {
    return (this.#parts ?? this.#refuse()).siblings;
  }

  get guard(): StoreGuard | undefined {
    return (this.#parts ?? this.#refuse()).guard;
  }

  #refuse(): never {
    throw errors.NOT_STARTED({ cache: this.name });
  }
}
