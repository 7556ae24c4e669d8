import type { Environment } from "../../config/mod.ts";
import type { LockRange } from "../../core/mod.ts";
import type { ListenOptions } from "../../http/mod.ts";
import type { ThreadRole } from "../contract.ts";
import type { ServiceOrder } from "../service-actions.ts";
import type { PackedError } from "./transfer.ts";

/** What a thread is started with. */
export interface ThreadData {
  readonly name: string;
  /** The app's name, for its log lines. */
  readonly service: string;
  /** How many threads run the app. */
  readonly threads: number;
  readonly role: ThreadRole;
  readonly appKeys: readonly string[];
  readonly environment: Environment;
  readonly listen: ListenOptions;
  readonly board: SharedArrayBuffer;
  readonly metrics: SharedArrayBuffer;
  readonly logRing: SharedArrayBuffer;
  readonly doorbell: SharedArrayBuffer;
  /** The latest of what was published to all threads, by topic. */
  readonly published: ReadonlyMap<string, unknown>;
}

/** From the supervisor to a thread. */
export type ToThread =
  | { readonly kind: "start"; readonly data: ThreadData }
  | { readonly kind: "segment"; readonly call: number; readonly segment: SharedArrayBuffer }
  | { readonly kind: "segment-refused"; readonly call: number; readonly error: PackedError }
  | { readonly kind: "published"; readonly topic: string; readonly value: unknown }
  | { readonly kind: "check"; readonly call: number }
  | { readonly kind: "act"; readonly call: number; readonly order: ServiceOrder }
  | { readonly kind: "drain"; readonly timeout: number };

/** From a thread to the supervisor. */
export type FromThread =
  | {
      readonly kind: "claim";
      readonly call: number;
      readonly name: string;
      readonly byteLength: number;
      readonly locks: LockRange | undefined;
    }
  | { readonly kind: "ready"; readonly routes: readonly string[] }
  | { readonly kind: "failed"; readonly error: PackedError }
  | { readonly kind: "crashed"; readonly error: PackedError; readonly operation: string | undefined }
  | { readonly kind: "checked"; readonly call: number; readonly failures: readonly string[] }
  /** @param outcome as JSON */
  | { readonly kind: "acted"; readonly call: number; readonly outcome: string }
  | { readonly kind: "act-failed"; readonly call: number; readonly error: PackedError }
  | { readonly kind: "drained"; readonly clean: boolean };
